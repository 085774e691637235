// SPDX-License-Identifier: Apache-2.0
#include "runner/engine/reuse.h"

#include <gtest/gtest.h>

namespace xtest {
namespace {

using namespace std::chrono_literals;

Observed pass(std::chrono::microseconds duration) {
  Observed seen;
  seen.status = Status::pass;
  seen.duration = duration;
  return seen;
}

TEST(Reuse, PassesComeBackWithTheirDurations) {
  const std::vector<Observed> passes{pass(20ms), pass(0us), pass(3s)};
  const auto back = passes_from_text(text_from_passes(passes), 3);
  ASSERT_TRUE(back.has_value());
  for (std::size_t i = 0; i < passes.size(); ++i) {
    EXPECT_EQ((*back)[i].status, Status::pass);
    EXPECT_EQ((*back)[i].duration, passes[i].duration);
  }
}

TEST(Reuse, RefusesAnotherNumberOfCases) {
  const std::string text = text_from_passes(std::vector{pass(1us), pass(2us)});
  EXPECT_FALSE(passes_from_text(text, 1).has_value());
  EXPECT_FALSE(passes_from_text(text, 3).has_value());
}

TEST(Reuse, RefusesDamagedText) {
  for (const char* text : {"", "passes 1", "passes 1\n20", "passes 2\n20\n", "passes 1\nx\n", "passes 1\n20x\n", "passes 1\n\n",
                           "passes 1\n-5\n", "passes 1\n20\n\n"})
    EXPECT_FALSE(passes_from_text(text, 1).has_value()) << text;
}

}  // namespace
}  // namespace xtest
