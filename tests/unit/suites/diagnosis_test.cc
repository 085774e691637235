// SPDX-License-Identifier: Apache-2.0
#include "suites/diagnosis.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace xtest {
namespace {

using Keys = std::vector<Trailer::Failure>;

const Diagnosis kInit{{{"not-run", "static initialisers did not run: {detail}."}, {"crash", "died at start-up"}},
                      "crt files of another system",
                      "DragonFly when cross-linked",
                      ""};

TEST(Diagnosis, SaysWhatIsWrongTheUsualCauseAndWhereItWasSeen) {
  EXPECT_EQ(
      kInit.hint(Keys{{"not-run", ".init_array has 3 entries, 0 ran"}}),
      "static initialisers did not run: .init_array has 3 entries, 0 ran; usual cause: crt files of another system; "
      "seen: DragonFly when cross-linked");
}

TEST(Diagnosis, TakesTheFirstKeyThatHasAText) {
  EXPECT_TRUE(kInit.hint(Keys{{"odd", ""}, {"crash", "x"}, {"not-run", "y"}}).starts_with("died at start-up;"));
}

TEST(Diagnosis, StillNamesTheCauseForAnUnknownKey) {
  EXPECT_EQ(kInit.hint(Keys{{"odd", ""}}),
            "usual cause: crt files of another system; seen: DragonFly when cross-linked");
  EXPECT_EQ(Diagnosis{}.hint(Keys{{"odd", ""}}), "");
}

TEST(Diagnosis, FillsInADetailThatLooksLikeAPlaceholderOnlyOnce) {
  const Diagnosis twice{{{"k", "{detail} and {detail}"}}, "", "", ""};
  EXPECT_EQ(twice.hint(Keys{{"k", "<{detail}>"}}), "<{detail}> and <{detail}>");
}

TEST(Diagnosis, TravelsAsJson) {
  const Diagnosis back = diagnosis_from_json(diagnosis_to_json(kInit));
  EXPECT_EQ(back.texts, kInit.texts);
  EXPECT_EQ(back.cause, kInit.cause);
  EXPECT_EQ(back.seen, kInit.seen);
  EXPECT_EQ(diagnosis_from_json(nlohmann::json::object()).texts.size(), 0u);
}

}  // namespace
}  // namespace xtest
