// SPDX-License-Identifier: Apache-2.0
// Trouble that no test has made: a snapshot that qemu does not take up, a guest's disk that is full when a program is sent,
// a line that is slow and loses packets. Every verdict is that of an undisturbed run.
#include <gmock/gmock.h>

#include "runner/base/hash.h"
#include "runner/base/text.h"
#include "tests/support/essence.h"
#include "tests/support/guests.h"

#include <algorithm>
#include <fstream>

namespace xtest {
namespace {

using std::chrono_literals::operator""s;
using testing::HasSubstr;
using Essence = std::map<std::string, std::string>;

struct GuestTrouble : testing::Test {
  const GuestPlayground guests;
  const Playground& here = guests.here;
  void SetUp() override {
    if (!guests.why_not().empty()) GTEST_SKIP() << guests.why_not();
  }
  Ran run(const Playground::Words& words, std::map<std::string, std::string> env = {}) const {
    Call call = here.call(words);
    call.limit = 300s;
    call.env = std::move(env);
    return run_program(call);
  }
  Essence undisturbed(const std::string& suite) const {
    const Ran ran = run(guests.words(suite));
    EXPECT_EQ(ran.code, 100) << describe(ran);
    return essence(here.verdicts());
  }
};

// As if a qemu that calls itself the same had been built anew: the state is whole, and that of another machine.
void pretend_to_be_of_another_qemu(const std::filesystem::path& snapshot) {
  std::string state = read_text(snapshot / "state"), sealed = read_text(snapshot / "sealed");
  const std::string before = sha256_hex(state), machine = "pc-q35-";
  const auto at = state.find(machine);
  ASSERT_NE(at, state.npos);
  char& version = state[at + machine.size()];
  version = version == '6' ? '5' : '6';
  std::ofstream(snapshot / "state", std::ios::binary) << state;
  ASSERT_NE(sealed.find(before), sealed.npos);
  sealed.replace(sealed.find(before), before.size(), sha256_hex(state));
  std::ofstream(snapshot / "sealed", std::ios::binary) << sealed;
}

TEST_F(GuestTrouble, ASnapshotOfAnotherQemuIsNoticedAndMadeAgain) {
  here.suite("two", {{"good.c", misbehaving({"exit", "0"})}, {"seven.c", misbehaving({"exit", "7"})}});
  const Essence calm = undisturbed("two");
  pretend_to_be_of_another_qemu(guests.snapshot());
  const Ran ran = run(guests.words("two"));
  EXPECT_EQ(ran.code, 100) << describe(ran);
  EXPECT_EQ(essence(here.verdicts()), calm) << describe(ran);
  EXPECT_THAT(ran.err, HasSubstr("cannot be taken up"));
  EXPECT_THAT(ran.err, HasSubstr("Machine type received is 'pc-q35-"));
  EXPECT_THAT(ran.err, HasSubstr("booting linux-x86_64 once"));
  const Ran after = run(guests.words("two"));
  EXPECT_THAT(after.err, testing::Not(HasSubstr("booting"))) << "it is the new one";
  EXPECT_EQ(essence(here.verdicts()), calm);
  EXPECT_TRUE(guests.machines().empty()) << "nothing stays behind";
}

// What is left is enough for programs to be started, and less than the one that is sent next.
struct FullOnTransfer : GuestTrouble, testing::WithParamInterface<std::string> {};

TEST_P(FullOnTransfer, IsTroubleAndTheTestRunsInAnotherGuest) {
  const std::string fills = "#include <fcntl.h>\n#include <sys/statvfs.h>\n#include <unistd.h>\nint main(int argc, char **argv) {\n"
                            "  static char piece[1 << 20];\n  struct statvfs left;\n  int fd = open(\"/tmp/fill\", O_WRONLY | O_CREAT, 0600);\n"
                            "  (void)argc;\n  (void)argv;\n  while (1) {\n    if (statvfs(\"/tmp\", &left) != 0) return 1;\n"
                            "    if (left.f_bavail * left.f_frsize < 20L << 20) return 0;\n    if (write(fd, piece, sizeof piece) < 0) return 2;\n  }\n}\n";
  const std::string is_big = "static char big[30 << 20] = {1};\nint main(void) { return big[0] + big[sizeof big - 1] + 4; }\n";
  here.suite("disk", {{"a.c", "int main(void) { return 3; }\n"}, {"b.c", fills}, {"c.c", is_big}, {"d.c", "int main(void) { return 0; }\n"}}, "limit: 5s\n");
  const Ran ran = run(guests.words("disk", {"--driver", GetParam()}));
  EXPECT_EQ(ran.code, 100) << describe(ran);
  const Essence expected{{"run::a.c", "fail exit-code: exited with 3"},
                         {"run::b.c", "pass : "},
                         {"run::c.c", "fail exit-code: exited with 5"},
                         {"run::d.c", "pass : "}};
  EXPECT_EQ(essence(here.verdicts()), expected) << describe(ran);
  EXPECT_EQ(sessions_lost(here), 1);
  EXPECT_THAT(ran.err, HasSubstr("No space left on device")) << "it was full when the program came";
  EXPECT_TRUE(guests.machines().empty()) << "nothing stays behind";
}

INSTANTIATE_TEST_SUITE_P(Drivers, FullOnTransfer, testing::Values("agent", "sh"), [](const auto& driver) { return driver.param; });

// The guest's own kernel delays what comes and goes by 150 ms each way, and loses 5 % of it.
TEST_F(GuestTrouble, ALineThatIsSlowAndLosesPacketsChangesNoVerdict) {
  std::map<std::string, std::string> files{{"seven.c", misbehaving({"exit", "7"})}, {"segv.c", misbehaving({"signal", "11"})},
                                           {"loud.c", misbehaving({"print", "300000"})}, {"hangs.c", misbehaving({"hang"})}};
  for (const char* name : {"a.c", "b.c", "c.c", "y.c", "z.c"}) files[name] = "int main(void) { return 0; }\n";
  here.suite("far", files, "limit: 1s\n");
  const Essence calm = undisturbed("far");

  std::string recipe = read_text(XTEST_SOURCE_DIR "/emulators/vm/images/linux-x86_64.yaml"), init = read_text(XTEST_SOURCE_DIR "/emulators/vm/images/linux-init");
  const auto put = [](std::string& text, const std::string& before, const std::string& more) {
    EXPECT_NE(text.find(before), text.npos) << before;
    text.insert(std::min(text.find(before), text.size()), more);
  };
  recipe.replace(recipe.find("name: linux-x86_64"), 18, "name: linux-far");
  put(recipe, "busybox-static", "iproute2, libbpf1, libbsd0, libmd0, libcap2, libelf1, libmnl0, libxtables12, ");
  put(recipe, "virtio_pci", "sch_netem, sch_ingress, ifb, act_mirred, cls_matchall, ");
  put(recipe, "usr/sbin/dropbear", "sbin/tc, ");
  put(recipe, "  suite: bookworm", "  init: far-init\n");
  put(init, "echo 1 >/proc/sys/kernel/sysrq",
      "ip link set ifb0 up\n/sbin/tc qdisc add dev eth0 ingress\n/sbin/tc filter add dev eth0 ingress matchall action mirred egress redirect dev ifb0\n"
      "for link in eth0 ifb0; do /sbin/tc qdisc add dev $link root netem delay 150ms loss 5%; done\n/sbin/tc -s qdisc >/dev/console 2>&1\n");
  here.write("config/xtest/images/linux-far.yaml", recipe);
  here.write("config/xtest/images/far-init", init);
  const Ran ran = run(here.run_words("far", {"--on", "vm:linux-far", "-j1"}), {{"XDG_CONFIG_HOME", here.folder() / "config"}});
  EXPECT_EQ(ran.code, 100) << describe(ran);
  EXPECT_EQ(essence(here.verdicts()), calm) << describe(ran);
  std::string console;
  for (const auto& file : std::filesystem::directory_iterator(here.records().back() / "consoles")) console += read_text(file.path());
  EXPECT_THAT(console, testing::ContainsRegex("netem .*delay 150ms.*loss 5%")) << console;
  EXPECT_TRUE(guests.machines().empty()) << "nothing stays behind";
}

}  // namespace
}  // namespace xtest
