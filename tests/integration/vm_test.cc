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

// In a mount namespace of its own, where the snapshots' folder is smaller than the guest's memory.
TEST_F(Guests, WhoseMemoryHasNoRoomInAFileIsStreamedAndThawedTwice) {
  here.suite("steps", {{"one.c", "int main(void) { return 0; }\n"}}, "limit: 60s\n");
  const Ran made = here.xtest({"image", "make", "linux-x86_64"});
  ASSERT_EQ(made.code, 0) << describe(made);
  const std::filesystem::path snapshots = std::filesystem::path(made.out.substr(0, made.out.find('\n'))) / "snapshots";
  std::filesystem::create_directories(snapshots);
  Call call = here.call(guests.words("steps"));
  call.limit = std::chrono::minutes(8);
  const std::string script = "mount -t tmpfs -o size=200M none \"$0\" && { \"$@\"; code=$?; \"$@\" >again 2>&1; " XTEST_BINARY
                             " image show linux-x86_64; exit $code; }";
  call.argv.insert(call.argv.begin(), {"unshare", "-rm", "sh", "-c", script, snapshots.string()});
  const Ran ran = run_program(call);
  EXPECT_EQ(ran.code, 0) << describe(ran);
  EXPECT_THAT(ran.err, HasSubstr("its memory is streamed, which takes each guest longer: "));
  EXPECT_THAT(ran.out, testing::ContainsRegex("snapshot +[0-9a-f]+, memory streamed\n"));
  EXPECT_EQ(here.records().size(), 2u);
  for (const auto& record : here.records()) EXPECT_EQ(here.verdicts(record).at("run::one.c").status, "pass");
  EXPECT_EQ(read_text(here.folder() / "again").find("booting"), std::string::npos) << "the second run boots again";
}

}  // namespace
}  // namespace xtest
