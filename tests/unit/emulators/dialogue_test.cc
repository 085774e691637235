// SPDX-License-Identifier: Apache-2.0
// Talks on a line whose other side is a shell that asks; what it says comes in pieces.
#include "emulators/vm/dialogue.h"

#include "runner/base/error.h"
#include "runner/base/files.h"
#include "runner/base/process.h"
#include "tests/support/run_task.h"
#include "tests/support/temp_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace xtest {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

class Talk : public testing::Test {
 protected:
  // A dialogue with a shell script; answers the error.
  std::string with(const std::string& script, std::vector<DialogueStep> steps) {
    auto line = make_socket_pair();
    ProcessSpec spec;
    spec.argv = {"sh", "-c", script};
    spec.env = clean_environment();
    spec.pass_fds = {{line.theirs.get(), 0}, {line.theirs.get(), 1}};
    auto child = Child::spawn(io_.get_executor(), spec);
    EXPECT_TRUE(child.has_value());
    line.theirs.reset();
    Dialogue dialogue(io_.get_executor(), std::move(line.ours), home_.path() / "log", {"the guest gives up"});
    try {
      run_task(io_, dialogue.hold(std::move(steps), [this](const std::string& text) { heard_.push_back(text); }));
      run_task(io_, dialogue.listen(60s));
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  }
  std::string log() const { return read_file(home_.path() / "log").value_or(""); }

  asio::io_context io_;
  const TempFolder home_;
  std::vector<std::string> heard_;
};

TEST_F(Talk, AnswersEachQuestionInItsTurn) {
  EXPECT_EQ(with("printf 'name? '; read name; printf 'a name? '; read other; echo \"$name and $other\" >&1", {{"name? ", "one\n", 60s}, {"name? ", "two\n", 60s}}), "");
  EXPECT_THAT(heard_, ElementsAre("name? ", "name? "));
  EXPECT_EQ(log(), "name? a name? one and two\n");
}

TEST_F(Talk, SeesATextThroughEscapeSequencesHoweverItIsCut) {
  EXPECT_EQ(with("printf 'log\\033[1'; sleep 0.2; printf ';31min'; sleep 0.2; printf '\\033[0m: '; read answer; echo \"<$answer>\"",
                 {{"login: ", "root\n", 60s}, {"<root>", "", 60s}}), "");
}

TEST_F(Talk, ATextThatDoesNotComeIsNamedWithTheLastLines) {
  const std::string error = with("echo 'something else'; sleep 60", {{"login: ", "root\n", 300ms}});
  EXPECT_THAT(error, AllOf(HasSubstr("the console did not say \"login: \" within 0.30s: it took too long"), HasSubstr("\n  | something else")));
}

TEST_F(Talk, TheEndOfTheMachineIsNoticedAtOnce) {
  EXPECT_THAT(with("echo bye", {{"login: ", "root\n", 600s}}), AllOf(HasSubstr("the machine ended"), HasSubstr("| bye")));
}

TEST_F(Talk, APanicEndsTheWaiting) {
  EXPECT_THAT(with("echo 'the guest gives up'; sleep 600", {{"login: ", "root\n", 600s}}), HasSubstr("the guest's kernel died (the guest gives up)"));
}

}  // namespace
}  // namespace xtest
