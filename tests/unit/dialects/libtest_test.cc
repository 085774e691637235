// SPDX-License-Identifier: Apache-2.0
#include "runner/dialects/libtest.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace xtest {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using State = LibtestAccount::State;

// One program's account of these tests.
struct Program {
  explicit Program(std::vector<std::string> names, LibtestFormat format = LibtestFormat::json)
      : account(std::move(names)), stream(LibtestStream::make(format, account)) {}

  Program& says(const std::string& text) {
    stream->feed(text);
    return *this;
  }
  std::string ends(Termination how) {
    stream->finish();
    completion.how = std::move(how);
    return account.trouble(completion);
  }
  const LibtestAccount::Test& test(std::size_t at) const { return account.tests()[at]; }

  LibtestAccount account;
  std::unique_ptr<LibtestStream> stream;
  Completion completion;
};

std::string suite(std::size_t tests) { return fmt::format("{{ \"type\": \"suite\", \"event\": \"started\", \"test_count\": {} }}\n", tests); }
std::string quoted(const std::string& text) { return nlohmann::json(text).dump(); }
std::string begins(const std::string& name) { return "{ \"type\": \"test\", \"event\": \"started\", \"name\": " + quoted(name) + " }\n"; }
std::string ends(const std::string& name, const std::string& event, const std::string& more = "") {
  return "{ \"type\": \"test\", \"name\": " + quoted(name) + ", \"event\": \"" + event + "\", \"exec_time\": 0.25" + more + " }\n";
}
std::string passes(const std::string& name) { return begins(name) + ends(name, "ok"); }
std::string counts(int passed, int failed, int ignored = 0) {
  return fmt::format("{{ \"type\": \"suite\", \"event\": \"{}\", \"passed\": {}, \"failed\": {}, \"ignored\": {}, \"measured\": 0, "
                     "\"filtered_out\": 3, \"exec_time\": 0.1 }}\n", failed ? "failed" : "ok", passed, failed, ignored);
}

TEST(Libtest, BelievesAnAccountThatAgreesWithItsEnd) {
  Program run({"a", "b", "c"});
  run.says(suite(3) + passes("a") + begins("b"));
  run.says(ends("b", "failed", ", \"stdout\": \"x\\n\\nthread 'b' panicked at src/lib.rs:3:5:\\nleft is not right\\n  left: 1\\nnote: run with\\n\""));
  run.says(begins("c") + ends("c", "ignored", ", \"message\": \"takes a day\"") + counts(1, 1, 1));
  EXPECT_EQ(run.ends(Exited{101}), "");
  EXPECT_EQ(run.test(0).observed.status, Status::pass);
  EXPECT_EQ(run.test(0).observed.duration, std::chrono::milliseconds(250));
  EXPECT_EQ(run.test(1).observed.status, Status::fail);
  EXPECT_EQ(run.test(1).observed.message, "panicked at src/lib.rs:3:5: left is not right; left: 1");
  EXPECT_THAT(run.test(1).observed.output, HasSubstr("x\n\nthread 'b' panicked"));
  EXPECT_EQ(run.test(2).observed.status, Status::skip);
  EXPECT_EQ(run.test(2).observed.message, "ignored by the suite: takes a day");
}

TEST(Libtest, ReadsTheSameWhereverTheBytesAreCut) {
  const std::string text = suite(2) + passes("a") + "loose" + passes("b") + counts(2, 0);
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    Program run({"a", "b"});
    run.says(text.substr(0, cut)).says(text.substr(cut));
    ASSERT_EQ(run.ends(Exited{0}), "") << cut;
  }
}

TEST(Libtest, TheExitCodeHasToAgree) {
  for (const int code : {1, 101, 3}) {
    Program run({"a"});
    EXPECT_THAT(run.says(suite(1) + passes("a") + counts(1, 0)).ends(Exited{code}), HasSubstr("0 failures, and the program exited with"));
  }
  Program failing({"a"});
  EXPECT_THAT(failing.says(suite(1) + begins("a") + ends("a", "failed") + counts(0, 1)).ends(Exited{0}), HasSubstr("1 failures"));
  Program killed({"a"});
  EXPECT_THAT(killed.says(suite(1) + passes("a") + counts(1, 0)).ends(Signalled{11, "SEGV"}), HasSubstr("killed by SEGV"));
}

TEST(Libtest, ACrashInTheMiddleNamesTheSuspect) {
  Program run({"a", "b", "c"});
  run.says(suite(3) + passes("a") + begins("b") + "last words");
  EXPECT_THAT(run.ends(Signalled{6, "ABRT"}), HasSubstr("has no end"));
  EXPECT_EQ(run.test(0).state, State::ended);
  EXPECT_EQ(run.test(1).state, State::running);
  EXPECT_EQ(run.test(2).state, State::waiting);
}

TEST(Libtest, EveryCutMakesTheAccountVoid) {
  const std::string text = suite(2) + passes("a") + passes("b") + counts(2, 0);
  for (std::size_t length = 0; length + 2 < text.size(); ++length) {
    Program run({"a", "b"});
    ASSERT_NE(run.says(text.substr(0, length)).ends(Exited{0}), "") << length;
  }
  Program middle({"a"});
  EXPECT_THAT(middle.says(suite(1) + begins("a") + "{ \"type\": \"test\", \"na\n" + ends("a", "ok") + counts(1, 0)).ends(Exited{0}), HasSubstr("cut off"));
}

TEST(Libtest, ForgedLinesMakeTheAccountVoid) {
  const std::string own = suite(2) + begins("a") + ends("a", "failed") + begins("b"), end = ends("b", "ok") + counts(1, 1);
  const auto trouble = [&](const std::string& forged) { return Program({"a", "b"}).says(own + forged + end).ends(Exited{101}); };
  EXPECT_EQ(trouble(""), "");
  EXPECT_THAT(trouble(ends("a", "ok")), HasSubstr("ends that does not run: 'a'"));
  EXPECT_THAT(trouble(ends("b", "ok")), HasSubstr("ends that does not run: 'b'"));
  EXPECT_THAT(trouble(begins("a")), HasSubstr("begins twice: 'a'"));
  EXPECT_THAT(trouble(passes("stranger")), HasSubstr("not asked for: 'stranger'"));
  EXPECT_THAT(trouble(suite(2)), HasSubstr("begin twice"));
  EXPECT_THAT(trouble(counts(1, 1)), HasSubstr("goes on after its end"));
  EXPECT_THAT(trouble(ends("b", "perhaps")), HasSubstr("means nothing: 'perhaps'"));
  EXPECT_THAT(trouble("{ \"type\": \"test\" nonsense }\n"), HasSubstr("no JSON"));
}

TEST(Libtest, TestsThatAreMissingOrCountedWronglyMakeItVoid) {
  EXPECT_THAT(Program({"a", "b"}).says(suite(1) + passes("a") + counts(1, 0)).ends(Exited{0}), HasSubstr("begins 1 tests, where 2 were asked for"));
  EXPECT_THAT(Program({"a", "b"}).says(suite(2) + passes("a") + counts(1, 0)).ends(Exited{0}), HasSubstr("did not run"));
  EXPECT_THAT(Program({"a"}).says(suite(1) + passes("a") + counts(2, 0)).ends(Exited{0}), HasSubstr("counts 2 passed"));
  EXPECT_THAT(Program({"a"}).says("").ends(Exited{0}), HasSubstr("does not begin"));
  Program much({"a"});
  much.completion.out.skipped = 7;
  EXPECT_THAT(much.says(suite(1) + passes("a") + counts(1, 0)).ends(Exited{0}), HasSubstr("7 bytes"));
}

TEST(Libtest, OutputThatNobodyCapturedIsOfTheTestThatRunsAlone) {
  Program run({"a", "b", "c"});
  run.says("before\n" + suite(3) + begins("a") + "no line break" + ends("a", "ok", ", \"stdout\": \"captured\\n\""));
  run.says(begins("b") + begins("c") + "whose?\n" + ends("c", "ok") + "whose?\n" + ends("b", "ok") + counts(3, 0) + "behind\n");
  EXPECT_EQ(run.ends(Exited{0}), "");
  EXPECT_EQ(run.test(0).observed.output, "no line break\ncaptured\n");
  EXPECT_EQ(run.test(1).observed.output, "");
  EXPECT_EQ(run.test(2).observed.output, "");
}

TEST(Libtest, CapturedOutputThatLooksLikeAnAccountIsOutput) {
  Program run({"a"});
  const std::string captured = counts(1, 0) + "}}\\\" { { \"type\": \"";
  run.says(suite(1) + begins("a") + ends("a", "failed", ", \"stdout\": " + quoted(captured)) + counts(0, 1));
  EXPECT_EQ(run.ends(Exited{101}), "");
  EXPECT_EQ(run.test(0).observed.output, captured);
  EXPECT_EQ(run.test(0).observed.message, "failed without a panic");
}

TEST(Libtest, NamesMayHoldAnything) {
  const std::vector<std::string> names = {"ünï::çöde", "src/lib.rs - a::b (line 3)", "with \"quotes\" \\ and {braces}", "tab\tand ... dots", " ", "r#type", "a<T = &'static str>", "--test", "%41", "日本"};
  Program run(names);
  run.says(suite(names.size()));
  for (const std::string& name : names) run.says(passes(name));
  EXPECT_EQ(run.says(counts(static_cast<int>(names.size()), 0)).ends(Exited{0}), "");
  std::string list;
  for (const std::string& name : names) list += name + ": test\n";
  const LibtestListing listing = read_libtest_list(list + fmt::format("\n{} tests, 0 benchmarks\n", names.size()));
  EXPECT_EQ(listing.trouble, "");
  EXPECT_EQ(listing.names, names);
}

TEST(Libtest, TenThousandTests) {
  std::vector<std::string> names;
  std::string text = suite(10'000);
  for (int at = 0; at < 10'000; ++at) text += passes(names.emplace_back(fmt::format("module::test_{}", at)));
  Program run(names);
  EXPECT_EQ(run.says(text + counts(10'000, 0)).ends(Exited{0}), "");
  EXPECT_EQ(run.test(9'999).observed.status, Status::pass);
}

TEST(Libtest, ALotOfOutputIsCapped) {
  Program run({"a"});
  run.says(suite(1) + begins("a"));
  for (int at = 0; at < 100; ++at) run.says(std::string(10'000, 'x'));
  EXPECT_EQ(run.says(ends("a", "ok") + counts(1, 0)).ends(Exited{0}), "");
  EXPECT_LT(run.test(0).observed.output.size(), 66u << 10);
  EXPECT_THAT(run.test(0).observed.output, HasSubstr("bytes left out"));
}

TEST(Libtest, BenchmarksThatAreMeasuredCount) {
  Program run({"a"});
  run.says(suite(1) + begins("a") + "{ \"type\": \"bench\", \"name\": \"a\", \"median\": 10, \"deviation\": 1 }\n");
  run.says("{ \"type\": \"suite\", \"event\": \"ok\", \"passed\": 0, \"failed\": 0, \"ignored\": 0, \"measured\": 1, \"filtered_out\": 0 }\n");
  EXPECT_EQ(run.ends(Exited{0}), "");
}

TEST(Libtest, TheVerdictOverATestAloneTellsWhyItsAccountIsVoid) {
  Program run({"a"});
  run.says(suite(1) + begins("a") + "I leave\n");
  const std::string trouble = run.ends(Exited{0});
  const Observed left = judge_libtest_alone(run.account, trouble, run.completion);
  EXPECT_EQ(left.status, Status::fail);
  EXPECT_EQ(left.kind, "protocol");
  EXPECT_THAT(left.message, HasSubstr("it has no end (the program exited with 0)"));
  EXPECT_EQ(left.output, "I leave\n");
  Program dead({"a"});
  dead.says(suite(1) + begins("a"));
  const std::string why = dead.ends(Signalled{6, "ABRT"});
  EXPECT_EQ(judge_libtest_alone(dead.account, why, dead.completion).status, Status::crash);
}

TEST(Libtest, ListsAreBelievedWithTheirCountOnly) {
  EXPECT_THAT(read_libtest_list("noise\na::b: test\nc: benchmark\n\n1 test, 1 benchmark\n").names, ElementsAre("a::b", "c"));
  EXPECT_THAT(read_libtest_list("a: test\r\n\r\n1 test, 0 benchmarks\r\n").names, ElementsAre("a"));
  EXPECT_THAT(read_libtest_list("a: test\n").trouble, HasSubstr("no end"));
  EXPECT_THAT(read_libtest_list("a: test\n\n2 tests, 0 benchmarks\n").trouble, HasSubstr("counts 2 tests and lists 1"));
  EXPECT_THAT(read_libtest_list("a: test\na: test\n\n2 tests, 0 benchmarks\n").trouble, HasSubstr("a twice"));
  EXPECT_THAT(read_libtest_list("\n0 tests, 0 benchmarks\n").trouble, HasSubstr("no tests"));
  EXPECT_THAT(read_libtest_list("").trouble, HasSubstr("no end"));
}

TEST(Libtest, FindsTheLastPanicInBothOfItsForms) {
  EXPECT_EQ(libtest_panic("thread 'x' panicked at 'boom', a.rs:1:2\nnote: x\n"), "panicked at 'boom', a.rs:1:2");
  EXPECT_EQ(libtest_panic("thread 'y' panicked at a.rs:1:2:\nfirst\nthread 'x' (7) panicked at b.rs:3:4:\nsecond\nnote: x\n"), "panicked at b.rs:3:4: second");
  EXPECT_EQ(libtest_panic("all is well"), "");
  EXPECT_EQ(libtest_panic("panicked at a.rs:1:2:"), "panicked at a.rs:1:2:");
}

const char* const kText = R"(
running 5 tests
test a ... ok
test b ... FAILED
test c - should panic ... ok
test d ... ignored, takes a day
test e ... printed
more, without a line breakok

failures:

---- b stdout ----
before

thread 'b' panicked at src/lib.rs:3:5:
wrong


failures:
    b

test result: FAILED. 3 passed; 1 failed; 1 ignored; 0 measured; 2 filtered out; finished in 0.00s

)";

TEST(LibtestText, ReadsVerdictsAndOutput) {
  Program run({"a", "b", "c", "d", "e"}, LibtestFormat::text);
  EXPECT_EQ(run.says(kText).ends(Exited{101}), "");
  EXPECT_EQ(run.test(0).observed.status, Status::pass);
  EXPECT_EQ(run.test(1).observed.status, Status::fail);
  EXPECT_EQ(run.test(1).observed.message, "panicked at src/lib.rs:3:5: wrong");
  EXPECT_THAT(run.test(1).observed.output, HasSubstr("before\n"));
  EXPECT_EQ(run.test(2).observed.status, Status::pass);
  EXPECT_EQ(run.test(3).observed.message, "ignored by the suite: takes a day");
  EXPECT_EQ(run.test(4).observed.status, Status::pass);
  EXPECT_EQ(run.test(4).observed.output, "printed\nmore, without a line break");
}

TEST(LibtestText, ACrashNamesTheSuspectAndACutIsVoid) {
  Program run({"a", "b", "c"}, LibtestFormat::text);
  EXPECT_NE(run.says("running 3 tests\ntest a ... ok\ntest b ... ").ends(Signalled{11, "SEGV"}), "");
  EXPECT_EQ(run.test(0).state, State::ended);
  EXPECT_EQ(run.test(1).state, State::running);
  EXPECT_EQ(run.test(2).state, State::waiting);
  const std::string text = kText;
  const std::size_t last = text.find(" finished");
  for (std::size_t length = 0; length < last; ++length) {
    Program cut({"a", "b", "c", "d", "e"}, LibtestFormat::text);
    ASSERT_NE(cut.says(text.substr(0, length)).ends(Exited{101}), "") << length;
  }
}

TEST(LibtestText, ALineOfManyDotsIsReadInLinearTime) {
  std::string dots = "test x";
  for (int at = 0; at < 200'000; ++at) dots += " ... x";
  Program run({"a"}, LibtestFormat::text);
  run.says("running 1 test\ntest a ... \n" + dots + "\nok\n");
  EXPECT_EQ(run.says("\ntest result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out\n").ends(Exited{0}), "");
}

TEST(LibtestText, WhatIsForgedOrContradictsItselfIsVoid) {
  const auto trouble = [](const std::string& middle) {
    const std::string end = "\ntest result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s\n";
    return Program({"a", "b"}, LibtestFormat::text).says("running 2 tests\n" + middle + end).ends(Exited{0});
  };
  EXPECT_EQ(trouble("test a ... ok\ntest b ... ok\n"), "");
  EXPECT_THAT(trouble("test a ... ok\ntest a ... ok\ntest b ... ok\n"), HasSubstr("begins twice"));
  EXPECT_THAT(trouble("test a ... ok\ntest b ... FAILED\n"), HasSubstr("told of 1 passed, 1 failed"));
  EXPECT_THAT(trouble("test a ... ok\ntest b ... well\n"), HasSubstr("no verdict: 'b'"));
  EXPECT_THAT(trouble("test a ... ok\n"), HasSubstr("counts 2 passed"));
}

}  // namespace
}  // namespace xtest
