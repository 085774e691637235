// SPDX-License-Identifier: Apache-2.0
// Dialogues with what consoles of real systems say, replayed on a terminal by a shell that takes the keys.
#include "emulators/vm/dialogue.h"

#include "runner/base/error.h"
#include "runner/base/files.h"
#include "runner/base/process.h"
#include "runner/base/text.h"
#include "tests/support/run_task.h"
#include "tests/support/temp_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <stdlib.h>

namespace xtest {
namespace {

using std::chrono_literals::operator""s;
using testing::HasSubstr;

class Transcript : public testing::Test {
 protected:
  // A console that says what the file has, its last line without an end, and then does `more`; answers all that came.
  std::string with(const std::string& file, const std::string& more, std::vector<DialogueStep> steps) {
    UniqueFd ours(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
    EXPECT_EQ(::grantpt(ours.get()) | ::unlockpt(ours.get()), 0);
    UniqueFd theirs(::open(::ptsname(ours.get()), O_RDWR | O_NOCTTY | O_CLOEXEC));
    ProcessSpec spec;
    const std::string said = sh_quote(XTEST_SOURCE_DIR "/tests/data/consoles/" + file);
    spec.argv = {"sh", "-c", "printf %s \"$(grep -v '^#' " + said + ")\"\n" + more};
    spec.env = clean_environment();
    spec.pass_fds = {{theirs.get(), 0}, {theirs.get(), 1}};
    auto child = Child::spawn(io_.get_executor(), spec);
    EXPECT_TRUE(child.has_value());
    theirs.reset();
    Dialogue dialogue(io_.get_executor(), std::move(ours), home_.path() / "log", {"panic[cpu"});
    try {
      run_task(io_, dialogue.hold(std::move(steps)));
    } catch (const Error& error) {
      return error.what();
    }
    return read_file(home_.path() / "log").value_or("");
  }

  asio::io_context io_;
  const TempFolder home_;
};

TEST_F(Transcript, OmniOsLoaderIsLeftByEscape) {
  const std::string key = "stty raw -echo; echo; [ \"$(head -c 1 | od -An -tx1)\" = ' 1b' ] && echo 'ok prompt'; sleep 60";
  EXPECT_THAT(with("omnios-loader.txt", key, {{"Welcome to illumos", "", 60s}, {"4. Reboot", "\x1b", 60s}, {"ok prompt", "", 60s}}), HasSubstr("ok prompt"));
}

TEST_F(Transcript, FreeBsdInstallerIsToldTheTerminal) {
  const std::string as_it_does = "; read TERM; TERM=${TERM:-vt100}; echo \"the type is $TERM\"; sleep 60";
  EXPECT_THAT(with("freebsd-installer.txt", "printf ' '" + as_it_does, {{"Console type [vt100]: ", "\r", 60s}, {"the type is ", "", 60s}}), HasSubstr("the type is vt100"));
  EXPECT_THAT(with("freebsd-installer.txt", "printf ' '" + as_it_does, {{"Console type [vt100]: ", "xterm\r", 60s}, {"the type is xterm", "", 60s}}), HasSubstr("the type is xterm"));
}

TEST_F(Transcript, AQuestionThatTheConsoleDoesNotAskIsNotAnswered) {
  EXPECT_THAT(with("freebsd-installer.txt", "read TERM; echo \"answered <$TERM>\"", {{"Would you like to begin an installation", "i", 1s}}),
              HasSubstr("did not say \"Would you like to begin an installation\""));
  EXPECT_THAT(read_file(home_.path() / "log").value_or(""), testing::Not(HasSubstr("answered")));
}

}  // namespace
}  // namespace xtest
