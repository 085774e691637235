// SPDX-License-Identifier: Apache-2.0
#include "runner/engine/ask.h"

#include "tests/support/error_of.h"
#include "tests/support/fake_world.h"
#include "tests/support/run_task.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace xtest {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Question question(const std::string& name, std::vector<std::string> words, Place place = Place::host) {
  Question one;
  one.name = name;
  one.job.kind = JobKind::list;
  one.job.place = place;
  for (std::string& word : words) one.job.command.argv.emplace_back(std::move(word));
  return one;
}

class Ask : public testing::Test {
 protected:
  std::vector<OpenQuestion> open() const {
    return open_questions(PlanInput{world.targets, world.suites, world.frameworks, world.selection, world.partition, world.folder.path() / "work", "/bin/xtest"});
  }
  std::vector<Answer> ask(std::vector<OpenQuestion> questions) {
    asio::io_context io;
    AskParts parts{world.targets, {world.executor}, nullptr, world.folder.path() / "work", 2, [this](std::string_view line) { said += std::string(line) + "\n"; }};
    return run_task(io, xtest::ask(std::move(parts), std::move(questions)));
  }

  FakeWorld world;
  std::string said;
};

TEST_F(Ask, WhatIsKnownOrAskedTwiceIsNotOpen) {
  world.framework.asks = [](const View& view) {
    std::vector<Question> asked{question("first", {"true"}), question("first", {"true"})};
    if (view.answers.contains("first")) asked.push_back(question("second", {"true"}));
    return asked;
  };
  ASSERT_EQ(open().size(), 1u);
  EXPECT_EQ(open().front().question.name, "first");
  world.targets.front().answers.emplace("first", Answer{});
  ASSERT_EQ(open().size(), 1u);
  EXPECT_EQ(open().front().question.name, "second");
  world.targets.front().answers.emplace("second", Answer{});
  EXPECT_THAT(open(), IsEmpty());
}

TEST_F(Ask, AnswersAreHowTheJobsEndedHereAndOnTheTarget) {
  world.executor->answer = [](const FakeRun& run) { return ended_with(Exited{3}, run.words.back()); };

  Question unbuilt = question("unbuilt", {"true"});
  unbuilt.builds.push_back(shell_build("echo 'x.c:1: error: no' >&2; exit 1"));
  const auto answers = ask({{0, question("there", {"lists"}, Place::target)}, {0, question("here", {"sh", "-c", "echo words; echo more >&2"})}, {0, unbuilt}});
  ASSERT_EQ(answers.size(), 3u);
  EXPECT_EQ(describe(answers[0].completion.how), "exited with 3");
  EXPECT_EQ(answers[0].completion.out.text, "lists");
  EXPECT_EQ(answers[1].completion.out.text, "words\n");
  EXPECT_EQ(answers[1].completion.err.text, "more\n");
  EXPECT_EQ(answers[1].build_failure, "");
  EXPECT_THAT(answers[2].build_failure, HasSubstr("error: no"));
  EXPECT_THAT(said, HasSubstr("there"));
}

TEST_F(Ask, TroubleOfThePlaceIsNoAnswer) {
  world.executor->answer = [](const FakeRun&) { return ended_with(Lost{"the line is cut"}); };
  EXPECT_THAT(error_of([&] { ask({{0, question("there", {"lists"}, Place::target)}}); }), HasSubstr("the line is cut"));
}

}  // namespace
}  // namespace xtest
