// SPDX-License-Identifier: Apache-2.0
// What every executor promises (emulators/executor.h, session.h), asked of all of them with one small program.
//
// A test is skipped only where this machine lacks the compiler or the emulator. After each test the session, or a new
// one, must still run a program.
#include "emulators/diagnosis/explain.h"
#include "runner/base/error.h"
#include "runner/base/files.h"
#include "tests/support/contract_place.h"
#include "tests/support/run_task.h"

#include <gmock/gmock.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <signal.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <set>
#include <sstream>

namespace xtest {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

using Places = std::map<std::string, std::unique_ptr<ContractPlace>>;
using Words = std::vector<std::string>;

constexpr const char* kMarker = "XTEST_CONTRACT_MARKER=of-the-user";

class ExecutorContract : public testing::TestWithParam<ContractRow> {
 protected:
  static void SetUpTestSuite() { ::setenv("XTEST_CONTRACT_MARKER", "of-the-user", 1); }
  static void TearDownTestSuite() { places().clear(); }

  void SetUp() override {
    auto& known = places()[GetParam().label];
    if (!known) known = std::make_unique<ContractPlace>(GetParam());
    place_ = known.get();
    if (!place_->why_not().empty()) GTEST_SKIP() << place_->why_not();
  }
  void TearDown() override {
    if (!place_->why_not().empty()) return;
    EXPECT_EQ(how({"exit", "42"}), "exited with 42") << "afterwards";
  }

  // Runs it; the files it leaves lie in results/N of the place.
  Completion wishing(Words words, Words patterns, std::chrono::milliseconds limit = 60s, const std::function<void(ResultWish&)>& change = {}) {
    static int serial = 0;
    RunRequest request = place_->request(std::move(words));
    request.command.limits.wall = limit;
    request.results = {std::move(patterns), place_->folder() / "results" / std::to_string(++serial)};
    if (change) change(request.results);
    return place_->run(std::move(request));
  }
  std::string how(Words words) { return describe(place_->run(std::move(words)).how); }
  // A word that no other process of this machine has in its command line.
  std::string mark(const std::string& of) const { return place_->folder().filename().string() + "-" + of; }
  // Starts it and lets it run until `ready`; the result comes when the io_context runs on.
  std::shared_ptr<std::optional<Completion>> launch(Words words) {
    auto result = std::make_shared<std::optional<Completion>>();
    place_->stage(place_->request(words));
    asio::co_spawn(place_->io(), place_->session().run(place_->request(words)),
                   [result](std::exception_ptr, Completion completion) { *result = std::move(completion); });
    place_->io().restart();
    for (int turn = 0; turn < 300 && place_->processes_with(words.back()).empty(); ++turn) place_->io().run_for(100ms);
    place_->io().run_for(300ms);
    return result;
  }
  std::optional<Completion> finish(const std::shared_ptr<std::optional<Completion>>& result) {
    place_->io().restart();
    for (int turn = 0; turn < 200 && !*result; ++turn) place_->io().run_for(50ms);
    return *result;
  }

  static void expect_blind(const Completion& completion) {
    EXPECT_EQ(describe(completion.how), "could not be started: sh alone cannot look into a program");
  }
  ContractPlace* place_ = nullptr;

 private:
  static Places& places() {
    static Places known;
    return known;
  }
};

std::vector<std::string> sorted_lines(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) {
    if (line.ends_with('\r')) line.pop_back();
    lines.push_back(line);
  }
  std::ranges::sort(lines);
  return lines;
}

std::string hex(const std::string& text) {
  std::string out;
  for (const unsigned char c : text) out += fmt::format("{:02x}", c);
  return out + ".\n";
}

// "cwd X", "home X", "tmp X", "entry X" -> the values; a Windows path as Unix names it.
std::multimap<std::string, std::string> folder_of(const std::string& text) {
  std::multimap<std::string, std::string> said;
  for (const std::string& line : sorted_lines(text)) {
    const auto blank = line.find(' ');
    std::string value = line.substr(blank + 1);
    std::ranges::replace(value, '\\', '/');
    said.emplace(line.substr(0, blank), value.starts_with("Z:") ? value.substr(2) : value);
  }
  return said;
}

TEST_P(ExecutorContract, ExitCodesArriveWhole) {
  for (const std::string code : {"0", "1", "42", "255"}) EXPECT_EQ(how({"exit", code}), "exited with " + code);
  if (!place_->is_windows()) return;
  EXPECT_EQ(how({"exit", "263"}), "exited with 263");
  EXPECT_EQ(how({"exit", "0x40000005"}), "exited with 1073741829");
  EXPECT_EQ(how({"exit", "0xffffffff"}), "exited with -1");
}

TEST_P(ExecutorContract, DeathIsNamedAsOnTheTarget) {
  if (place_->is_windows()) {
    EXPECT_EQ(how({"die", "null"}), "died of exception 0xC0000005");
    EXPECT_EQ(how({"die", "0xC000001D"}), "died of exception 0xC000001D");
    EXPECT_EQ(how({"exit", "0xC0000005"}), "died of exception 0xC0000005");
    EXPECT_EQ(how({"die", "abort"}), "exited with 3");
    return;
  }
  EXPECT_EQ(how({"die", "null"}), "killed by SEGV (11)");
  EXPECT_EQ(how({"die", "abort"}), "killed by ABRT (6)");
  EXPECT_EQ(how({"die", "9"}), "killed by KILL (9)");
  EXPECT_EQ(how({"die", "15"}), "killed by TERM (15)");
  EXPECT_EQ(how({"die", "13"}), place_->knows_pipe() ? "killed by PIPE (13)" : "exited with 141");
}

TEST_P(ExecutorContract, ASecondLookTellsWhatACrashHitAndNothingElse) {
  RunRequest request = place_->request({"die", "null"});
  request.look = Look::crash;
  const Completion completion = place_->run(std::move(request));
  if (!place_->can_look()) return expect_blind(completion);
  EXPECT_EQ(describe(completion.how), place_->is_windows() ? "died of exception 0xC0000005" : "killed by SEGV (11)");
  const std::string text = run_task(place_->io(), explain_look(completion.look, place_->target().arch, find_objdump(place_->target(), "/usr/bin:/bin")));
  EXPECT_THAT(text, HasSubstr("a null pointer")) << completion.look.substr(0, 2000);
  EXPECT_THAT(text, testing::ContainsRegex("`[^`]+` in .*touches 0x0"));
  EXPECT_THAT(text, HasSubstr("#0 "));
  request = place_->request({"exit", "3"});
  request.look = Look::crash;
  const Completion healthy = place_->run(std::move(request));
  EXPECT_EQ(describe(healthy.how), "exited with 3");
  EXPECT_THAT(healthy.look, IsEmpty());
}

TEST_P(ExecutorContract, AHangTellsWhereItStands) {
  RunRequest request = place_->request({"hang", mark("where")});
  request.command.limits.wall = 2s;
  const Completion completion = place_->run(request);
  EXPECT_EQ(describe(completion.how), "ran into its time limit");
  if (!place_->can_look()) {
    EXPECT_THAT(completion.look, IsEmpty());
    return;
  }
  const auto objdump = find_objdump(place_->target(), "/usr/bin:/bin");
  std::string text = run_task(place_->io(), explain_look(completion.look, place_->target().arch, objdump));
  EXPECT_THAT(text, HasSubstr("asleep"));
  if (place_->is_windows()) return;
  if (place_->session().name().starts_with("qemu-user")) {
    request.look = Look::hang;
    const Completion again = place_->run(request);
    EXPECT_EQ(describe(again.how), "ran into its time limit");
    text = run_task(place_->io(), explain_look(again.look, place_->target().arch, objdump));
  }
  EXPECT_THAT(text, testing::ContainsRegex("#1 "));
  EXPECT_THAT(place_->processes_left_with(mark("where")), IsEmpty());
}

TEST_P(ExecutorContract, ATraceShowsWhatTheProgramAsksFor) {
  RunRequest request = place_->request({"exit", "3"});
  request.look = Look::trace;
  const Completion completion = place_->run(std::move(request));
  if (!place_->can_look()) return expect_blind(completion);
  EXPECT_EQ(describe(completion.how), "exited with 3") << completion.err.text.substr(0, 2000);
  EXPECT_THAT(completion.err.text, HasSubstr(place_->is_windows() ? "ntdll" : "exit_group(3)"));
}

TEST_P(ExecutorContract, TheStreamsAreKeptApartAndWhole) {
  const Completion completion = place_->run({"flood", "10000"});
  EXPECT_EQ(describe(completion.how), "exited with 0");
  std::string out, err;
  for (int i = 0; i < 10000; ++i) {
    out += fmt::format("out {:05}\n", i);
    err += fmt::format("err {:05}\n", i);
  }
  EXPECT_TRUE(completion.out.text == out) << completion.out.text.size() << " bytes, not " << out.size();
  EXPECT_TRUE(completion.err.text == err) << completion.err.text.size() << " bytes, not " << err.size();
  EXPECT_EQ(completion.out.skipped, 0u);
  EXPECT_EQ(completion.err.total, err.size());
}

TEST_P(ExecutorContract, TooMuchOutputKeepsItsHeadAndItsTailAndIsCounted) {
  RunRequest request = place_->request({"print", "100000"});
  request.command.limits.out_head = 1000;
  request.command.limits.out_tail = 500;
  const Completion completion = place_->run(std::move(request));
  std::string whole;
  for (int i = 0; i < 100000; ++i) whole += static_cast<char>('a' + i % 26);
  EXPECT_EQ(completion.out.text, whole.substr(0, 1000) + whole.substr(whole.size() - 500));
  EXPECT_EQ(completion.out.total, 100000u);
  EXPECT_EQ(completion.out.skipped, 98500u);
  EXPECT_EQ(completion.out.head, 1000u);
}

TEST_P(ExecutorContract, StdinIsEmpty) { EXPECT_THAT(place_->out_of({"stdin"}), StartsWith("0")); }

TEST_P(ExecutorContract, TheEnvironmentIsTheFixedOneAndTheCommands) {
  RunRequest request = place_->request({"env"});
  request.command.env = {"OF_THE_COMMAND=a b=c", "TZ=EST5"};
  const auto seen = sorted_lines(place_->run(std::move(request)).out.text);
  EXPECT_THAT(seen, Not(Contains(kMarker)));
  EXPECT_THAT(seen, Contains("OF_THE_COMMAND=a b=c"));
  EXPECT_THAT(seen, Contains("TZ=EST5"));
  EXPECT_THAT(seen, Not(Contains("TZ=UTC"))) << "the command's word replaces the fixed one";
  if (place_->is_windows()) return;
  std::vector<std::string> names;
  for (const std::string& entry : seen) names.push_back(entry.substr(0, entry.find('=')));
  EXPECT_EQ(names, (Words{"HOME", "LANG", "OF_THE_COMMAND", "PATH", "TMPDIR", "TZ"}));
}

TEST_P(ExecutorContract, EachRunHasAFreshFolderThatGoesWithIt) {
  std::set<std::string> folders;
  for (int turn = 0; turn < 3; ++turn) {
    const auto said = folder_of(place_->out_of({"folder"}));
    EXPECT_EQ(said.count("entry"), 0u);
    ASSERT_EQ(said.count("cwd"), 1u);
    const std::string cwd = said.find("cwd")->second;
    EXPECT_TRUE(folders.insert(cwd).second) << cwd << " was used before";
    EXPECT_THAT(cwd, StartsWith(place_->folders_begin()));
    if (!place_->keeps_empty_folders()) EXPECT_FALSE(place_->exists(cwd));
    EXPECT_EQ(said.find("home")->second, cwd);
    EXPECT_EQ(said.find("tmp")->second, cwd);
    EXPECT_EQ(how({"litter"}), "exited with 0");
  }
  run_task(place_->io(), place_->session().close());
  place_->drop_session();
  for (const std::string& folder : folders) EXPECT_FALSE(place_->exists(folder));
}

// "NAME SIZE" of what has come and holds what write puts in, "NAME: TROUBLE" of what has not.
Words told_of(const Completion& completion) {
  Words told;
  for (const ResultFile& file : completion.files) {
    std::string wanted;
    for (std::uint64_t i = 0; i < file.size; ++i) wanted += static_cast<char>('a' + i % 26);
    const bool is_whole = !file.host.empty() && read_file(file.host) == wanted;
    told.push_back(file.name + (is_whole ? " " + std::to_string(file.size) : ": " + file.trouble));
  }
  return told;
}

TEST_P(ExecutorContract, FilesThatAProgramLeavesComeBack) {
  const Words words{"write", "report.xml", "100000", "logs/b.txt", "0", "logs/a.txt", "32768", "logs/.c.txt", "1", "other.bin", "5"};
  const Completion completion = wishing(words, {"*.xml", "report.xml", "logs/*.txt", "none-?.xml", "no/folder"});
  EXPECT_EQ(describe(completion.how), "exited with 0") << completion.err.text;
  EXPECT_EQ(told_of(completion), (Words{"logs/a.txt 32768", "logs/b.txt 0", "no/folder: the program left no such file",
                                        "none-?.xml: the program left no such file", "report.xml 100000"}));
}

TEST_P(ExecutorContract, FilesComeBackOfAProgramThatHungAndNoneOfOneThatDidNotStart) {
  const Completion hung = wishing({"write", "log", "7", "hang", mark("files")}, {"log"}, 3000ms);
  EXPECT_EQ(describe(hung.how), "ran into its time limit");
  EXPECT_EQ(told_of(hung), Words{"log 7"});
  RunRequest request = place_->request({});
  request.command.argv = {PathRef{place_->folder() / "nonesuch"}};
  request.results = {{"log"}, place_->folder() / "results"};
  EXPECT_THAT(place_->run(std::move(request)).files, IsEmpty());
}

TEST_P(ExecutorContract, FilesThatAreTooLargeOrTooManyAreSaidAndTheOthersCome) {
  const auto most = [](ResultWish& wish) { wish.most_of_one = 1000, wish.most_of_all = 1500; };
  EXPECT_EQ(told_of(wishing({"write", "a", "1001", "b", "1000", "c", "600", "d", "500"}, {"?"}, 60s, most)),
            (Words{"a: it is larger than a result file may be", "b 1000", "c: the result files together are larger than they may be", "d 500"}));
  Words words{"write"}, wanted;
  for (int i = 100; i < 170; ++i) words.insert(words.end(), {"f" + std::to_string(i), "1"});
  for (int i = 100; i < 164; ++i) wanted.push_back("f" + std::to_string(i) + " 1");
  wanted.push_back("f164: there are more result files than may be");
  EXPECT_EQ(told_of(wishing(words, {"f*"})), wanted);
}

TEST_P(ExecutorContract, NoLinkIsFollowedOutOfTheFolder) {
  if (place_->is_windows()) return;
  EXPECT_EQ(told_of(wishing({"link", "/etc/passwd", "file", "/etc", "folder", "nowhere", "lost", "x", "odd name"},
                            {"f*", "folder/passwd", "lost", "odd*"})),
            (Words{"file: it is a symbolic link", "folder: it is a symbolic link", "folder/passwd: the program left no such file",
                   "lost: it is a symbolic link", "odd*: its name has characters with which it is not brought back"}));
  EXPECT_EQ(told_of(wishing({"swap"}, {"passwd"})), Words{"passwd: the program left no such file"}) << "its folder is a link now";
}

TEST_P(ExecutorContract, ArgumentsArriveUnchanged) {
  const Words words{"a b", "", "\"", "it's", "back\\slash", "ends\\", "\\\"both\\\\\"", "a \"quoted\\\" part\\",
                    "two\nlines", "tab\there", "*", "$HOME %PATH%", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x8d\x8b", "--", "-x"};
  Words command{"args"};
  command.insert(command.end(), words.begin(), words.end());
  std::string wanted;
  for (const std::string& word : words) wanted += hex(word);
  EXPECT_EQ(place_->out_of(command), wanted);
}

TEST_P(ExecutorContract, ASleepEnds) { EXPECT_EQ(how({"nap"}), "exited with 0"); }

TEST_P(ExecutorContract, WhatAPlaceUsesOfThisMachineIsLessThanItSleeps) {
  EXPECT_EQ(how({"exit", "42"}), "exited with 42") << "it is there, and warm";
  const auto before = run_task(place_->io(), place_->session().processor_time());
  const Completion completion = place_->run({"nap"});
  const auto after = run_task(place_->io(), place_->session().processor_time());
  EXPECT_EQ(before.has_value(), GetParam().label.starts_with("vm"));
  if (!before) return;
  EXPECT_GT(*after, *before);
  EXPECT_LT(*after - *before, completion.usage.wall);
}

TEST_P(ExecutorContract, AHangIsTimedOutAndLeavesNoProcess) {
  const std::string word = mark("hang");
  RunRequest request = place_->request({"hang", word});
  request.command.limits.wall = 1500ms;
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(describe(place_->run(std::move(request)).how), "ran into its time limit");
  const auto took = std::chrono::steady_clock::now() - begin;
  EXPECT_GE(took, 1500ms);
  EXPECT_LT(took, 10s);
  EXPECT_THAT(place_->processes_left_with(word), IsEmpty());
}

TEST_P(ExecutorContract, AChildThatOutlivesItsProgramIsNamedAndKilled) {
  const std::string word = mark("leave");
  const Completion completion = place_->run({"leave", word});
  EXPECT_EQ(describe(completion.how), "exited with 0") << completion.err.text;
  EXPECT_EQ(completion.strays.size(), 1u) << testing::PrintToString(completion.strays);
  EXPECT_THAT(place_->processes_left_with(word), IsEmpty());
}

TEST_P(ExecutorContract, AHealthyProgramHasNoStrays) { EXPECT_THAT(place_->run({"exit", "0"}).strays, IsEmpty()); }

TEST_P(ExecutorContract, AMissingProgramIsNotStarted) {
  RunRequest request = place_->request({});
  request.command.argv = {PathRef{place_->folder() / "nonesuch"}};
  EXPECT_THAT(describe(place_->run(std::move(request)).how), StartsWith("could not be started: "));
}

TEST_P(ExecutorContract, AFileThatIsNoProgramIsNotStarted) {
  const fs::path file = place_->folder() / "text.exe";
  std::ofstream(file) << "no program\n";
  RunRequest request = place_->request({});
  request.command.argv = {PathRef{file}};
  EXPECT_THAT(describe(place_->run(std::move(request)).how), StartsWith("could not be started: "));
}

TEST_P(ExecutorContract, ReexecOfItselfWorksWhereItIsPromised) {
  const auto features = place_->executor().features();
  if (features.contains("reexec")) {
    EXPECT_THAT(place_->out_of({"reexec", "2"}), StartsWith("arrived"));
  }
  if (!features.contains("binfmt")) return;
  const fs::path script = place_->folder() / "script";
  std::ofstream(script) << "#!" << place_->out_of({"name"}) << " exit\n";
  fs::permissions(script, fs::perms(0755));
  RunRequest request = place_->request({});
  request.command.argv = {PathRef{script}};
  EXPECT_EQ(describe(place_->run(std::move(request)).how), "exited with 0");
}

TEST_P(ExecutorContract, AKilledAgentLosesTheRunAndAnotherSessionOpens) {
  place_->drop_session();
  const std::string word = mark("killed");
  const auto result = launch({"hang", word});
  const pid_t agent = place_->agent_running(word);
  ASSERT_GT(agent, 1);
  place_->kill(agent);
  const auto completion = finish(result);
  ASSERT_TRUE(completion.has_value());
  EXPECT_THAT(describe(completion->how), StartsWith("was lost: "));
  place_->drop_session();
  EXPECT_THAT(place_->processes_left_with(word), IsEmpty());
}

TEST_P(ExecutorContract, AKilledAgentOfTheWineserverTakesAllOfWineWithIt) {
  if (!place_->is_windows()) return;
  place_->drop_session();
  EXPECT_EQ(how({"exit", "0"}), "exited with 0");
  const std::string prefix = "WINEPREFIX=" + place_->folder().string();
  EXPECT_FALSE(processes_with(prefix).empty());
  const pid_t agent = agent_running("wineserver");
  ASSERT_GT(agent, 0);
  ::kill(agent, SIGKILL);
  EXPECT_THAT(processes_left_with(prefix), IsEmpty());
  place_->drop_session();
}

TEST_P(ExecutorContract, TheDestructorKillsWhatStillRuns) {
  if (!place_->hears_our_end()) return;
  const std::string word = mark("destroyed");
  const auto result = launch({"hang", word});
  EXPECT_FALSE(place_->processes_with(word).empty());
  place_->drop_session();
  EXPECT_THAT(processes_left_with(place_->folder()), IsEmpty());
  const auto completion = finish(result);
  ASSERT_TRUE(completion.has_value());
  EXPECT_THAT(describe(completion->how), StartsWith("was lost: "));
}

TEST_P(ExecutorContract, ClosingLeavesNothing) {
  EXPECT_EQ(how({"exit", "0"}), "exited with 0");
  run_task(place_->io(), place_->session().close());
  EXPECT_THAT(processes_left_with(place_->folder()), IsEmpty());
  place_->drop_session();
}

TEST_P(ExecutorContract, TwoOfAKindHaveOneIdentity) {
  const auto first = place_->another(), second = place_->another();
  EXPECT_TRUE(run_task(place_->io(), first->available()).usable);
  EXPECT_FALSE(run_task(place_->io(), second->available()).why.empty());
  EXPECT_EQ(first->identity(), second->identity());
  EXPECT_EQ(first->identity(), place_->executor().identity());
  EXPECT_EQ(first->features(), second->features());
}

TEST_P(ExecutorContract, SaysWhyItCannotBeUsed) {
  const auto other = place_->another({{"programs", "nonesuch-1"}, {"machines", "nonesuch"}, {"host", "nonesuch.invalid"}, {"path", "/dev/nonesuch"}, {"image", "nonesuch"}}, "nonesuch");
  const Availability availability = run_task(place_->io(), other->available());
  EXPECT_FALSE(availability.usable);
  EXPECT_THAT(availability.why, HasSubstr("nonesuch"));
}

TEST_P(ExecutorContract, AFolderThatCannotBeMadeIsAnErrorOfTheMachine) {
  const auto other = place_->another_in("/proc/nonesuch");
  try {
    run_task(place_->io(), other->available());
    auto session = run_task(place_->io(), other->open());
    const Completion completion = run_task(place_->io(), session->run(place_->request({"exit", "0"})));
    EXPECT_THAT(describe(completion.how), HasSubstr("/proc/nonesuch"));
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::infra);
    EXPECT_THAT(error.what(), HasSubstr("/proc/nonesuch"));
  }
}

const ContractRow kRows[] = {
    {"host", "x86_64-unknown-linux-gnu", "host", {}},
    {"host_with_overlay", "i686-unknown-linux-gnu", "host", {}},
    {"qemu_aarch64", "aarch64-unknown-linux-gnu", "qemu-user", {}},
    {"qemu_s390x", "s390x-unknown-linux-gnu", "qemu-user", {}},
    {"qemu_without_binfmt", "aarch64-unknown-linux-gnu", "qemu-user", {{"magic", "unusable"}, {"mask", "no"}}},
    {"wine", "x86_64-pc-windows-gnu", "wine", {}},
    {"ssh_agent", "x86_64-unknown-linux-gnu", "remote", {{"driver", "agent"}}},
    {"ssh_sh", "x86_64-unknown-linux-gnu", "remote", {{"driver", "sh"}}, false, false},
    {"dropbear_agent", "x86_64-unknown-linux-gnu", "remote", {{"driver", "agent"}}, true},
    {"dropbear_sh", "x86_64-unknown-linux-gnu", "remote", {{"driver", "sh"}}, true, false},
    {"vm_x86_64", "x86_64-unknown-linux-gnu", "vm", {}},
    {"vm_aarch64", "aarch64-unknown-linux-gnu", "vm", {}},
    {"vm_riscv64", "riscv64gc-unknown-linux-gnu", "vm", {}},
    {"serial", "x86_64-unknown-linux-gnu", "serial", {}, false, false},
    {"serial_tty", "x86_64-unknown-linux-gnu", "serial", {}, false, false},
};

INSTANTIATE_TEST_SUITE_P(Places, ExecutorContract, testing::ValuesIn(kRows),
                         [](const auto& row) { return row.param.label; });

}  // namespace
}  // namespace xtest
