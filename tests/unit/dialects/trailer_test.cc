// SPDX-License-Identifier: Apache-2.0
#include "runner/dialects/trailer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace xtest {
namespace {

using testing::HasSubstr;

constexpr const char* kNonce = "n0nce";

Completion ended(Termination how) {
  Completion completion;
  completion.how = std::move(how);
  return completion;
}

Trailer read(std::string_view text, std::size_t step = std::string_view::npos) {
  TrailerReader reader(kNonce);
  for (std::size_t at = 0; at < text.size(); at += std::min(step, text.size())) reader.feed(text.substr(at, step));
  return reader.finish();
}

Observed judged(std::string_view text, Termination how = Exited{0}) {
  return judge_trailer(read(text), ended(std::move(how))).observed;
}

std::string protocol_trouble(std::string_view text, Termination how = Exited{0}) {
  const Observed observed = judged(text, std::move(how));
  return observed.status == Status::fail && observed.kind == "protocol" ? observed.message
                                                                        : "not protocol: " + observed.message;
}

TEST(Trailer, PassesWithChecksAndExitCodeZero) {
  EXPECT_EQ(judged("hello\n@xtest n0nce end ok 3 0\n").status, Status::pass);
}

TEST(Trailer, TakesWindowsLineEnds) {
  const Observed observed = judged("@xtest n0nce fail key some detail\r\n@xtest n0nce end bad 2 1\r\n", Exited{1});
  EXPECT_EQ(observed.status, Status::fail);
  EXPECT_EQ(observed.message, "key: some detail");
  EXPECT_EQ(judged("@xtest n0nce end ok 3 0\r\n \r\n").status, Status::pass);
}

TEST(Trailer, MeansTheSameInWhateverPiecesItComes) {
  const std::string text =
      "noise\n@xtest n0nce note a\n\n@xtest n0nc\n@xtest n0nce fail k d\nx@xtest n0nce end ok 1 0\n@xtest n0nce end "
      "bad 4 1\n\n";
  const Trailer whole = read(text);
  for (const std::size_t step : {1u, 2u, 3u, 7u, 13u}) {
    const Trailer pieces = read(text, step);
    EXPECT_EQ(pieces.output, whole.output) << step;
    EXPECT_EQ(pieces.trouble, whole.trouble) << step;
    EXPECT_EQ(pieces.end, whole.end) << step;
    EXPECT_EQ(pieces.fail_lines, 1u) << step;
  }
  EXPECT_EQ(whole.end, Trailer::End::bad);
  EXPECT_EQ(whole.trouble, "");
}

TEST(Trailer, DoesNotBelieveAnotherNonce) {
  EXPECT_THAT(protocol_trouble("@xtest forged end ok 9 0\n"), HasSubstr("no trailer"));
  EXPECT_THAT(protocol_trouble("@xtest n0nce2 end ok 9 0\n"), HasSubstr("no trailer"));
  EXPECT_THAT(protocol_trouble("@xtest n0nce end ok 9 0\n@xtest forged end ok 9 0\n"), HasSubstr("more output"));
}

TEST(Trailer, BelievesOnlyTheBeginningOfALine) {
  EXPECT_THAT(protocol_trouble("result: @xtest n0nce end ok 1 0\n"), HasSubstr("no trailer"));
  EXPECT_THAT(protocol_trouble(" @xtest n0nce end ok 1 0\n"), HasSubstr("no trailer"));
}

TEST(Trailer, WantsExactlyOneEnd) {
  EXPECT_THAT(protocol_trouble(""), HasSubstr("no trailer: the program exited with 0"));
  EXPECT_THAT(protocol_trouble("@xtest n0nce end ok 1 0\n@xtest n0nce end ok 1 0\n"), HasSubstr("goes on after"));
  EXPECT_THAT(protocol_trouble("@xtest n0nce end ok 1 0\n@xtest n0nce note late\n"), HasSubstr("goes on after"));
}

TEST(Trailer, AllowsOnlyWhiteSpaceAfterTheEnd) {
  EXPECT_EQ(judged("@xtest n0nce end ok 1 0\n \t\n\n").status, Status::pass);
  EXPECT_THAT(protocol_trouble("@xtest n0nce end ok 1 0\nbye"), HasSubstr("more output after the trailer"));
  EXPECT_THAT(protocol_trouble(std::string("@xtest n0nce end ok 1 0\n\0", 25)), HasSubstr("more output"));
}

TEST(Trailer, RefusesAnEndThatContradictsItself) {
  EXPECT_THAT(protocol_trouble("@xtest n0nce end ok 0 0\n"), HasSubstr("no check at all"));
  EXPECT_THAT(protocol_trouble("@xtest n0nce end ok 3 1\n"), HasSubstr("ok and 1 failed"));
  EXPECT_THAT(protocol_trouble("@xtest n0nce fail k d\n@xtest n0nce end ok 3 0\n", Exited{0}),
              HasSubstr("ok after 1 failed"));
  EXPECT_THAT(protocol_trouble("@xtest n0nce end bad 3 1\n", Exited{1}),
              HasSubstr("1 of 3 checks failed, 0 were reported"));
  EXPECT_THAT(protocol_trouble("@xtest n0nce fail k d\n@xtest n0nce end bad 3 2\n", Exited{1}), HasSubstr("2 of 3"));
  EXPECT_THAT(protocol_trouble("@xtest n0nce skip why\n@xtest n0nce end ok 3 0\n"), HasSubstr("after a skip"));
}

TEST(Trailer, RefusesAnEndThatCannotBeRead) {
  for (const char* end : {"end", "end ok", "end ok 1", "end ok 1 0 0", "end ok -1 0", "end ok +1 0", "end ok 1 0x0",
                          "end ok 99999999999999999999 0", "end fine 1 0", "end ok  1 0", "end ok 1 0 "})
    EXPECT_THAT(protocol_trouble(std::string("@xtest n0nce ") + end + "\n"), HasSubstr("means nothing")) << end;
}

TEST(Trailer, RefusesWordsItDoesNotKnow) {
  EXPECT_THAT(protocol_trouble("@xtest n0nce pass all\n@xtest n0nce end ok 1 0\n"), HasSubstr("'pass all'"));
  EXPECT_THAT(protocol_trouble("@xtest n0nce fail\n@xtest n0nce end ok 1 0\n"), HasSubstr("without a key"));
}

TEST(Trailer, RefusesAnExitCodeThatContradictsTheEnd) {
  EXPECT_THAT(protocol_trouble("@xtest n0nce end ok 2 0\n", Exited{3}),
              HasSubstr("says ok, but the program exited with 3"));
  EXPECT_THAT(protocol_trouble("@xtest n0nce fail k d\n@xtest n0nce end bad 2 1\n", Exited{0}),
              HasSubstr("exit code is 0"));
}

TEST(Trailer, RefusesALastLineThatIsCutOff) {
  EXPECT_THAT(protocol_trouble("@xtest n0nce end ok 2 0"), HasSubstr("cut off"));
}

TEST(Trailer, RefusesAPassWithAGapInTheOutput) {
  Completion completion = ended(Exited{0});
  completion.out.skipped = 5;
  completion.out.total = 100;
  const Observed observed = judge_trailer(read("@xtest n0nce end ok 2 0\n"), completion).observed;
  EXPECT_EQ(observed.status, Status::fail);
  EXPECT_THAT(observed.message, HasSubstr("5 of 100 bytes left out"));
}

TEST(Trailer, NamesTheFirstOfSeveralFailures) {
  const Observed observed =
      judged("@xtest n0nce fail a one\n@xtest n0nce fail b two\n@xtest n0nce end bad 5 2\n", Exited{1});
  EXPECT_EQ(observed.status, Status::fail);
  EXPECT_EQ(observed.kind, "wrong-output");
  EXPECT_EQ(observed.message, "a: one (and 1 more)");
}

TEST(Trailer, SkipsWithItsReason) {
  const Observed observed = judged("@xtest n0nce skip no second core\n@xtest n0nce end skip 0 0\n");
  EXPECT_EQ(observed.status, Status::skip);
  EXPECT_EQ(observed.kind, "unsupported");
  EXPECT_EQ(observed.message, "no second core");
  EXPECT_THAT(protocol_trouble("@xtest n0nce end skip 0 0\n"), HasSubstr("without a reason"));
  EXPECT_THAT(protocol_trouble("@xtest n0nce fail k d\n@xtest n0nce skip r\n@xtest n0nce end skip 0 0\n"),
              HasSubstr("skip after failed"));
  EXPECT_THAT(protocol_trouble("@xtest n0nce skip r\n@xtest n0nce end skip 0 0\n", Exited{1}),
              HasSubstr("says skip, but"));
}

TEST(Trailer, ReportsACrashWhateverTheTrailerSaid) {
  TrailerVerdict verdict = judge_trailer(read("@xtest n0nce fail k d\n"), ended(Signalled{11, "SEGV"}));
  EXPECT_EQ(verdict.observed.status, Status::crash);
  EXPECT_EQ(verdict.observed.message, "killed by SEGV (11) after k: d");
  ASSERT_EQ(verdict.keys.size(), 2u);
  EXPECT_EQ(verdict.keys[0].key, "k");
  EXPECT_EQ(verdict.keys[1].key, "crash");
  EXPECT_EQ(judged("@xtest n0nce end ok 1 0\n", Signalled{11, "SEGV"}).message,
            "killed by SEGV (11) after its trailer said ok");
  EXPECT_EQ(judged("@xtest n0nce end ok 1 0\n", TimedOut{}).status, Status::timeout);
  EXPECT_EQ(judged("@xtest n0nce end ok 1 0\n", Lost{"gone", true}).status, Status::infra);
}

TEST(Trailer, NamesTheKeyOfAMissingEnd) {
  const TrailerVerdict verdict = judge_trailer(read("lost my way\n"), ended(Exited{7}));
  ASSERT_EQ(verdict.keys.size(), 1u);
  EXPECT_EQ(verdict.keys[0].key, "no-trailer");
  EXPECT_EQ(verdict.keys[0].detail, "exited with 7");
  const TrailerVerdict after = judge_trailer(read("@xtest n0nce end ok 1 0\n"), ended(Exited{7}));
  ASSERT_EQ(after.keys.size(), 1u);
  EXPECT_EQ(after.keys[0].key, "exit-code");
}

TEST(Trailer, ShowsTheOutputWithoutTheNonce) {
  Completion completion = ended(Exited{1});
  completion.err.text = "oops\n";
  const Observed observed =
      judge_trailer(read("hi\n@xtest n0nce fail k d\n@xtest n0nce end bad 1 1\n"), completion).observed;
  EXPECT_EQ(observed.output, "hi\n@xtest fail k d\n@xtest end bad 1 1\n[stderr]\noops\n");
}

TEST(Trailer, KeepsMemoryBoundedWithoutASingleLineBreak) {
  TrailerReader reader(kNonce);
  const std::string block(1u << 20, 'x');
  for (int i = 0; i < 256; ++i) reader.feed(block);
  const Trailer trailer = reader.finish();
  EXPECT_LT(trailer.output.size(), 70'000u);
  EXPECT_THAT(trailer.output, HasSubstr("bytes left out"));
}

TEST(Trailer, KeepsMemoryBoundedInAProtocolLineWithoutEnd) {
  TrailerReader reader(kNonce);
  reader.feed("@xtest n0nce fail key ");
  const std::string block(1u << 20, 'x');
  for (int i = 0; i < 64; ++i) reader.feed(block);
  reader.feed("\n@xtest n0nce end ok 1 0\n");
  const Trailer trailer = reader.finish();
  EXPECT_THAT(trailer.trouble, HasSubstr("longer than 8192"));
  EXPECT_EQ(trailer.fail_lines, 0u);
  EXPECT_LT(trailer.output.size(), 70'000u);
}

TEST(Trailer, KeepsMemoryBoundedWithAMillionFailures) {
  TrailerReader reader(kNonce);
  for (int i = 0; i < 1'000'000; ++i) reader.feed("@xtest n0nce fail k d\n");
  reader.feed("@xtest n0nce end bad 1000000 1000000\n");
  const Trailer trailer = reader.finish();
  EXPECT_EQ(trailer.failures.size(), 100u);
  EXPECT_EQ(trailer.fail_lines, 1'000'000u);
  EXPECT_EQ(judge_trailer(trailer, ended(Exited{1})).observed.message, "k: d (and 999999 more)");
}

}  // namespace
}  // namespace xtest
