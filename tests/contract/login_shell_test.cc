// SPDX-License-Identifier: Apache-2.0
// Both drivers through every login shell that a user may have on the far side: real servers, which log in with that shell.
#include "tests/support/contract_place.h"
#include "tests/support/run_task.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

namespace xtest {
namespace {

using testing::HasSubstr;
using testing::Not;
using Words = std::vector<std::string>;

constexpr const char* kTarget = "x86_64-unknown-linux-gnu";

std::string hex(const std::string& text) {
  std::string out;
  for (const unsigned char c : text) out += fmt::format("{:02x}", c);
  return out + ".\n";
}

class LoginShell : public testing::TestWithParam<std::string> {
 protected:
  static ContractRow row(const std::string& shell, bool is_dropbear) {
    ContractRow row{shell, kTarget, "remote", {{"driver", "agent"}}};
    row.login_shell = shell;
    row.is_dropbear = is_dropbear;
    return row;
  }

  static void expect_that_it_is_asked(ContractPlace& place) {
    const auto connection = run_task(place.io(), SshConnection::open(place.server().options()));
    const Completion said = run_task(place.io(), connection->run("echo $0"));
    EXPECT_THAT(said.out.text, HasSubstr(GetParam() == "busybox" ? "sh" : GetParam()));
  }

  void check(ContractPlace& place) {
    const auto how = [&](Words words) { return describe(place.run(std::move(words)).how); };
    for (const char* code : {"0", "1", "7", "126", "127", "129", "139", "255"}) EXPECT_EQ(how({"exit", code}), std::string("exited with ") + code);
    EXPECT_EQ(how({"die", "null"}), "killed by SEGV (11)");
    EXPECT_EQ(how({"die", "abort"}), "killed by ABRT (6)");
    EXPECT_EQ(how({"die", "9"}), "killed by KILL (9)");
    expect_hostile_words_arrive(place);
    expect_exact_environment(place);
    const Completion flood = place.run({"flood", "2000"});
    EXPECT_EQ(flood.out.text.size(), 2000u * 10);
    EXPECT_THAT(flood.out.text, Not(HasSubstr("err")));
    EXPECT_EQ(flood.err.text.size(), 2000u * 10);
    EXPECT_THAT(flood.err.text, Not(HasSubstr("out")));
  }

  static void expect_hostile_words_arrive(ContractPlace& place) {
    const Words words{"!!", "!history", "a!b", "it's", "\"", "\\", "\\\\n", "$HOME", "`id`", "$(id)", "%d%s", "two\nlines", "~", "*", "{a,b}",
                      "", "-n", "a=b", "\xff\xfe", "# no remark", "; exit 3"};
    Words command{"args"};
    command.insert(command.end(), words.begin(), words.end());
    std::string wanted;
    for (const std::string& word : words) wanted += hex(word);
    EXPECT_EQ(place.out_of(command), wanted);
  }

  static void expect_exact_environment(ContractPlace& place) {
    RunRequest request = place.request({"env"});
    request.command.env = {"HOSTILE=a !b'c\"$d `e`"};
    const std::string seen = place.run(std::move(request)).out.text;
    EXPECT_THAT(seen, HasSubstr("HOSTILE=a !b'c\"$d `e`\n"));
    EXPECT_EQ(std::ranges::count(seen, '\n'), 6) << seen;
  }
};

TEST_P(LoginShell, BothDriversRunProgramsThroughOpenSsh) {
  ContractPlace place(row(GetParam(), false));
  if (!place.why_not().empty()) GTEST_SKIP() << place.why_not();
  expect_that_it_is_asked(place);
  check(place);
  place.use(place.another({{"driver", "sh"}}));
  check(place);
}

TEST_P(LoginShell, BothDriversRunProgramsThroughDropbear) {
  ContractPlace place(row(GetParam(), true));
  if (!place.why_not().empty()) GTEST_SKIP() << place.why_not();
  expect_that_it_is_asked(place);
  check(place);
  place.use(place.another({{"driver", "sh"}}));
  check(place);
}

// What they print when they start comes before the first word of a driver.
TEST_P(LoginShell, ThatGreetsIsUnderstoodByTheShellDriver) {
  ContractRow noisy = row(GetParam(), false);
  noisy.settings["driver"] = "sh";
  ContractPlace place(noisy);
  if (!place.why_not().empty()) GTEST_SKIP() << place.why_not();
  for (const char* file : {".tcshrc", ".bashrc", ".profile"}) std::ofstream(place.server().home() / file) << "echo 'Welcome! 17 0 ready'\n";
  place.drop_session();
  EXPECT_EQ(describe(place.run({"exit", "7"}).how), "exited with 7");
}

TEST(LoginShells, OneThatTalksIntoTheAgentsFramesIsDrivenByShInstead) {
  ContractRow row{"noisy", kTarget, "remote", {{"driver", "sh"}}};
  row.login_shell = "bash";
  ContractPlace place(row);
  if (!place.why_not().empty()) GTEST_SKIP() << place.why_not();
  std::ofstream(place.server().home() / ".bashrc") << "echo Welcome, you have mail and many words that are no frame of an agent\n";
  const auto chosen = place.another({{"driver", "auto"}});
  const Availability availability = run_task(place.io(), chosen->available());
  EXPECT_TRUE(availability.usable) << availability.why;
  EXPECT_THAT(availability.why, HasSubstr("its sh (no agent: "));
  EXPECT_TRUE(chosen->identity().ends_with(" sh")) << chosen->identity();
  place.use(chosen);
  EXPECT_EQ(describe(place.run({"exit", "7"}).how), "exited with 7");
}

INSTANTIATE_TEST_SUITE_P(Shells, LoginShell, testing::Values("tcsh", "ksh93", "mksh", "dash", "posh", "busybox", "bash"),
                         [](const auto& shell) { return shell.param; });

}  // namespace
}  // namespace xtest
