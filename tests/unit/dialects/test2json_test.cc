// SPDX-License-Identifier: Apache-2.0
#include "runner/dialects/test2json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace xtest {
namespace {

using testing::HasSubstr;
using State = GoTest::State;

Completion ended(int code, std::string err = "") {
  Completion completion;
  completion.how = Exited{code};
  completion.err.text = std::move(err);
  completion.err.total = completion.err.text.size();
  return completion;
}

GoAccount read(const std::vector<std::string>& names, std::string_view text, bool marked = false, std::size_t step = 7) {
  GoTestLog log(names, marked);
  for (std::size_t at = 0; at < text.size(); at += step) log.feed(text.substr(at, step));
  return log.finish();
}

std::vector<State> states(const GoAccount& account) {
  std::vector<State> all;
  for (const GoTest& test : account.tests) all.push_back(test.state);
  return all;
}

TEST(Test2Json, ReadsPassFailAndSkip) {
  const GoAccount account = read({"TestA", "TestB", "TestC"},
                                 "=== RUN   TestA\n--- PASS: TestA (0.25s)\n"
                                 "=== RUN   TestB\n    b_test.go:7: one\n    b_test.go:9: want 3\n--- FAIL: TestB (0.00s)\n"
                                 "=== RUN   TestC\n    c_test.go:3: no network\n--- SKIP: TestC (0.00s)\nFAIL\n");
  EXPECT_EQ(states(account), (std::vector{State::pass, State::fail, State::skip}));
  EXPECT_EQ(disagreement(account, ended(1)), "");
  EXPECT_EQ(account.tests[0].duration, std::chrono::milliseconds(250));
  const Observed failed = observed_go_test(account, 1, ended(1));
  EXPECT_EQ(failed.status, Status::fail);
  EXPECT_EQ(failed.message, "b_test.go:9: want 3");
  EXPECT_THAT(failed.output, HasSubstr("b_test.go:7: one\n"));
  const Observed skipped = observed_go_test(account, 2, ended(1));
  EXPECT_EQ(skipped.status, Status::skip);
  EXPECT_EQ(skipped.message, "c_test.go:3: no network");
}

TEST(Test2Json, TheEndMustAgreeWithTheExitCode) {
  const std::string passed = "=== RUN   TestA\n--- PASS: TestA (0.00s)\nPASS\n";
  EXPECT_EQ(disagreement(read({"TestA"}, passed), ended(0)), "");
  EXPECT_THAT(disagreement(read({"TestA"}, passed), ended(1)), HasSubstr("PASS"));
  EXPECT_THAT(disagreement(read({"TestA"}, "=== RUN   TestA\n--- FAIL: TestA (0.00s)\nFAIL\n"), ended(0)), HasSubstr("FAIL"));
  EXPECT_THAT(disagreement(read({"TestA"}, "=== RUN   TestA\n--- FAIL: TestA (0.00s)\nPASS\n"), ended(0)), HasSubstr("PASS"));
  EXPECT_THAT(disagreement(read({"TestA"}, "=== RUN   TestA\n--- PASS: TestA (0.00s)\n"), ended(0)), HasSubstr("missing"));
  Completion gap = ended(0);
  gap.out.skipped = 12;
  EXPECT_THAT(disagreement(read({"TestA"}, passed), gap), HasSubstr("gap"));
}

TEST(Test2Json, ATestThatExitsWithZeroInTheMiddleDidNotEnd) {
  const GoAccount account = read({"TestA", "TestB", "TestC"}, "=== RUN   TestA\n--- PASS: TestA (0.00s)\n=== RUN   TestB\n");
  EXPECT_EQ(states(account), (std::vector{State::pass, State::running, State::waiting}));
  EXPECT_EQ(disagreement(account, ended(0)), "TestB did not end");
  const GoAccount alone = read({"TestB"}, "=== RUN   TestB\n");
  const Observed seen = observed_go_death(alone, disagreement(alone, ended(0)), ended(0));
  EXPECT_EQ(seen.status, Status::fail);
  EXPECT_EQ(seen.kind, "protocol");
  EXPECT_EQ(seen.message, "TestB did not end; it exited with 0");
}

TEST(Test2Json, ItsWordBeforeTheExitIsNotItsEnd) {
  EXPECT_NE(disagreement(read({"TestA"}, "=== RUN   TestA\nPASS\n"), ended(0)), "");
}

TEST(Test2Json, APanicWhilePanickingIsACrash) {
  const std::string err = "panic: one [recovered]\n\tpanic: two\n\ngoroutine 7 [running]:\n";
  const GoAccount account = read({"TestA"}, "=== RUN   TestA\n=== RUN   TestA/deep\n--- FAIL: TestA (0.00s)\n    --- FAIL: TestA/deep (0.00s)\n");
  const std::string why = disagreement(account, ended(2, err));
  EXPECT_THAT(why, HasSubstr("missing"));
  const Observed seen = observed_go_death(account, why, ended(2, err));
  EXPECT_EQ(seen.status, Status::crash);
  EXPECT_EQ(seen.kind, "panic");
  EXPECT_EQ(seen.message, "panic: one [recovered]");
  EXPECT_THAT(seen.output, HasSubstr("goroutine 7"));
}

TEST(Test2Json, AHangIsToldByGoItself) {
  const GoAccount account = read({"TestA"}, "=== RUN   TestA\n=== RUN   TestA/deep\n");
  const Observed seen = observed_go_death(account, "x", ended(2, "panic: test timed out after 9s\n\ngoroutine 18 [running]:\n"));
  EXPECT_EQ(seen.status, Status::timeout);
  EXPECT_EQ(seen.kind, "hang");
  EXPECT_EQ(seen.message, "test timed out after 9s, in deep");
  EXPECT_THAT(seen.output, HasSubstr("goroutine 18"));
}

TEST(Test2Json, ForgedEndsContradict) {
  const std::string forged = "=== RUN   TestA\n--- PASS: TestA (0.00s)\n--- FAIL: TestA (0.00s)\nFAIL\n";
  EXPECT_EQ(disagreement(read({"TestA"}, forged), ended(1)), "TestA ends twice");
  const std::string other = "=== RUN   TestA\n--- PASS: TestB (0.00s)\n--- PASS: TestA (0.00s)\n=== RUN   TestB\n--- FAIL: TestB (0.00s)\nFAIL\n";
  EXPECT_EQ(disagreement(read({"TestA", "TestB"}, other), ended(1)), "TestB ends without having begun");
  const std::string both = "=== RUN   TestA\n=== RUN   TestB\n--- PASS: TestB (0.00s)\n--- PASS: TestA (0.00s)\n=== RUN   TestB\n--- FAIL: TestB (0.00s)\nFAIL\n";
  EXPECT_EQ(disagreement(read({"TestA", "TestB"}, both), ended(1)), "TestB begins twice");
}

TEST(Test2Json, TestsThatNobodyAskedForAreOutput) {
  const GoAccount account = read({"TestA"}, "=== RUN   TestA\n=== RUN   TestX\n--- FAIL: TestX (0.00s)\n--- PASS: TestA (0.00s)\nPASS\n");
  EXPECT_EQ(disagreement(account, ended(0)), "");
  EXPECT_EQ(states(account), std::vector{State::pass});
  EXPECT_THAT(account.tests[0].output, HasSubstr("--- FAIL: TestX"));
}

TEST(Test2Json, OutputWithoutNewlineHidesNoEnd) {
  const GoAccount account = read({"TestA", "TestB"}, "=== RUN   TestA\nno newline--- PASS: TestA (0.00s)\n=== RUN   TestB\nx=== RUN   TestB/deep\ny--- FAIL: TestB (0.00s)\nFAIL\n");
  EXPECT_EQ(disagreement(account, ended(1)), "");
  EXPECT_EQ(states(account), (std::vector{State::pass, State::fail}));
  EXPECT_EQ(account.tests[0].output, "no newline\n");
}

TEST(Test2Json, ALineOfAMegabyteHidesNoEnd) {
  const GoAccount account = read({"TestA"}, "=== RUN   TestA\n" + std::string(1u << 20, 'x') + "--- PASS: TestA (0.00s)\nPASS\n", false, 4096);
  EXPECT_EQ(disagreement(account, ended(0)), "");
  EXPECT_LT(account.tests[0].output.size(), 20000u);
}

TEST(Test2Json, ParallelTestsPauseAndGoOn) {
  const std::string begun = "=== RUN   TestA\n=== PAUSE TestA\n=== RUN   TestB\n=== PAUSE TestB\n=== CONT  TestA\n=== CONT  TestB\n    b_test.go:1: of B\n=== CONT  TestA\n    a_test.go:1: of A\n";
  const GoAccount account = read({"TestA", "TestB"}, begun + "--- PASS: TestA (0.10s)\n--- FAIL: TestB (0.20s)\nFAIL\n");
  EXPECT_EQ(disagreement(account, ended(1)), "");
  EXPECT_EQ(account.tests[1].message, "b_test.go:1: of B");
  EXPECT_EQ(account.tests[0].output, "    a_test.go:1: of A\n");
  const GoAccount paused = read({"TestA", "TestB"}, "=== RUN   TestA\n=== PAUSE TestA\n=== RUN   TestB\n");
  EXPECT_EQ(states(paused), (std::vector{State::paused, State::running}));
}

TEST(Test2Json, SubtestsAreKeptApart) {
  const GoAccount account = read({"TestA"}, "=== RUN   TestA\n=== RUN   TestA/one\n=== RUN   TestA/two\n    a_test.go:5: bad\n=== RUN   TestA/two/deep\n"
                                            "--- FAIL: TestA (0.03s)\n    --- PASS: TestA/one (0.01s)\n    --- FAIL: TestA/two (0.02s)\n        --- SKIP: TestA/two/deep (0.00s)\nFAIL\n");
  EXPECT_EQ(disagreement(account, ended(1)), "");
  ASSERT_EQ(account.subtests.size(), 3u);
  EXPECT_EQ(account.subtests[0].name, "one");
  EXPECT_EQ(account.subtests[1].status, Status::fail);
  EXPECT_EQ(account.subtests[1].message, "a_test.go:5: bad");
  EXPECT_EQ(account.subtests[2].name, "two/deep");
  EXPECT_EQ(account.tests[0].message, "two: a_test.go:5: bad");
}

TEST(Test2Json, ASubtestThatPrintsItsOwnEndIsNotBelieved) {
  const GoAccount account = read({"TestA"}, "=== RUN   TestA\n=== RUN   TestA/one\n    --- PASS: TestA/one (0.00s)\n--- FAIL: TestA (0.00s)\n    --- FAIL: TestA/one (0.00s)\nFAIL\n");
  ASSERT_EQ(account.subtests.size(), 1u);
  EXPECT_EQ(account.subtests[0].status, Status::fail);
}

TEST(Test2Json, MarkedLinesAreTheOnlyEvents) {
  const std::string text = "\x16=== RUN   TestA\n--- PASS: TestA (0.00s)\n=== RUN   TestA\nx\x16=== RUN   TestA/one\n\x16=== NAME  TestA\n    a_test.go:2: said\n\x16--- PASS: TestA/one (0.00s)\ny\x16--- FAIL: TestA (0.01s)\n\x16" "FAIL\n";
  const GoAccount account = read({"TestA"}, text, true);
  EXPECT_EQ(disagreement(account, ended(1)), "");
  EXPECT_EQ(states(account), std::vector{State::fail});
  ASSERT_EQ(account.subtests.size(), 1u);
  EXPECT_EQ(account.tests[0].message, "a_test.go:2: said");
  EXPECT_THAT(account.tests[0].output, HasSubstr("--- PASS: TestA (0.00s)\n=== RUN   TestA\nx\n"));
}

TEST(Test2Json, BenchmarksAreOutput) {
  const GoAccount account = read({"TestA"}, "=== RUN   TestA\n--- PASS: TestA (0.00s)\ngoos: linux\nBenchmarkX\nBenchmarkX-2   \t1000\t 12.3 ns/op\n--- BENCH: BenchmarkX-2\nPASS\n");
  EXPECT_EQ(disagreement(account, ended(0)), "");
}

TEST(Test2Json, AHundredThousandSubtestsAreReadInOneGo) {
  constexpr int kMany = 100'000;
  std::string text = "=== RUN   TestA\n", ends = "--- PASS: TestA (1.00s)\n";
  for (int at = 0; at < kMany; ++at) {
    text += "=== RUN   TestA/case_" + std::to_string(at) + "\n";
    ends += "    --- PASS: TestA/case_" + std::to_string(at) + " (0.00s)\n";
  }
  const GoAccount account = read({"TestA"}, text + ends + "PASS\n", false, 4096);
  EXPECT_EQ(disagreement(account, ended(0)), "");
  ASSERT_EQ(account.subtests.size(), static_cast<std::size_t>(kMany));
  EXPECT_EQ(account.subtests.back().name, "case_99999");
}

}  // namespace
}  // namespace xtest
