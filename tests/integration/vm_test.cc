// SPDX-License-Identifier: Apache-2.0
// The executor `vm` with real guests: they are made from Debian's packages once, and booted by qemu without acceleration.
#include <gmock/gmock.h>

#include "tests/support/endings.h"
#include "tests/support/guests.h"

namespace xtest {
namespace {

using testing::HasSubstr;

struct Guests : testing::Test {
  const GuestPlayground guests;
  const Playground& here = guests.here;
  void SetUp() override {
    if (!guests.why_not().empty()) GTEST_SKIP() << guests.why_not();
  }
};

TEST_F(Guests, TellHowAProgramEnded) {
  write_endings(here);
  const Ran ran = here.xtest(guests.words("ends"));
  EXPECT_EQ(ran.code, 100) << describe(ran);
  expect_endings(here.verdicts());
  EXPECT_TRUE(guests.machines().empty());
}

TEST_F(Guests, SeveralShareTheTestsAndKeepTheirConsoles) {
  std::map<std::string, std::string> files;
  for (int number = 0; number < 12; ++number) files["t" + std::to_string(number) + ".c"] = "#include <unistd.h>\nint main(void) { sleep(1); return 0; }\n";
  here.suite("steps", files, "limit: 60s\n");
  std::filesystem::remove_all(guests.snapshot());
  const Ran ran = here.xtest(here.run_words("steps", {"--on", "vm", "--guests", "2", "-j2"}));
  EXPECT_EQ(ran.code, 0) << describe(ran);
  std::map<std::string, int> runs;
  for (const auto& event : here.events(here.records().back())) {
    if (event.value("event", "") == "job_started" && event.value("kind", "") == "run") ++runs[event.value("session", "")];
  }
  EXPECT_EQ(runs.size(), 2u);
  for (const auto& [session, count] : runs) EXPECT_GE(count, 3) << session << " took its part";
  EXPECT_THAT(ran.err, HasSubstr("note: vm: booting linux-x86_64 once"));
  EXPECT_THAT(read_text(here.records().back() / "consoles" / "x86_64-unknown-linux-gnu-linux-x86_64-1-first.txt"), HasSubstr("guest: ready"));
}

}  // namespace
}  // namespace xtest
