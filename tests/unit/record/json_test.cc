// SPDX-License-Identifier: Apache-2.0
#include "runner/record/json.h"

#include <gtest/gtest.h>

#include <set>

#include "runner/base/text.h"
#include "runner/record/record.h"
#include "tests/unit/record/samples.h"

namespace xtest {
namespace {

using test::sample_event;

template <class Body>
Body reread(Body body) {
  const auto back = event_from_json(event_to_json(sample_event(std::move(body))));
  EXPECT_TRUE(back.has_value()) << back.error();
  return std::get<Body>(back->body);
}

std::string problem(std::string_view line) {
  const auto event = event_from_json(line);
  return event ? "accepted" : event.error();
}

TEST(EventJson, EveryKindWithHostileTextPrintsTheSameAfterReading) {
  std::set<std::string_view> kinds;
  for (const std::string& text : test::hostile_texts()) {
    for (EventBody& body : test::sample_bodies(text)) {
      const std::string line = event_to_json(sample_event(body));
      EXPECT_EQ(line.find_first_of("\n\r\x1b"), line.npos) << line;
      const auto back = event_from_json(line);
      ASSERT_TRUE(back.has_value()) << back.error() << "\n" << line;
      EXPECT_EQ(event_to_json(*back), line);
      EXPECT_EQ(back->body.index(), body.index());
      kinds.insert(event_name(body));
    }
  }
  EXPECT_EQ(kinds.size(), std::variant_size_v<EventBody>);
}

TEST(EventJson, KeepsEveryMemberOfAnObservation) {
  const Observed before = test::sample_observed("a\"b\n");
  const CaseObserved after = reread(CaseObserved{5, 6, 2, before});
  EXPECT_EQ(after.job, 5u);
  EXPECT_EQ(after.test, 6u);
  EXPECT_EQ(after.attempt, 2);
  EXPECT_EQ(after.observed.status, before.status);
  EXPECT_EQ(after.observed.kind, before.kind);
  EXPECT_EQ(after.observed.message, before.message);
  EXPECT_EQ(after.observed.signature, before.signature);
  EXPECT_EQ(after.observed.hint, before.hint);
  EXPECT_EQ(after.observed.duration, before.duration);
  EXPECT_EQ(after.observed.output, before.output);
  EXPECT_EQ(after.observed.parent, before.parent);
}

TEST(EventJson, KeepsEveryEndingOfAJob) {
  for (const Termination& how :
       {Termination(Exited{0}), Termination(Exited{263}), Termination(Signalled{11, "SEGV"}),
        Termination(NtException{0xC0000005}), Termination(TimedOut{}), Termination(NotStarted{""}), Termination(NotStarted{"no loader", true}),
        Termination(Lost{"", false}), Termination(Lost{"gone", true})}) {
    const JobEnded after = reread(JobEnded{1, test::sample_completion(how, "x"), "key", false});
    EXPECT_EQ(after.completion.how, how);
    EXPECT_FALSE(after.trusted);
    EXPECT_EQ(after.cached_from, "key");
    EXPECT_EQ(after.completion.usage.max_rss_kib, 4);
    EXPECT_EQ(after.completion.out.skipped, 5u);
    EXPECT_EQ(after.completion.strays, std::vector<std::string>{"12 x"});
  }
}

TEST(EventJson, KeepsTheListingAndTheStreams) {
  const Case test{"C1", "cxx", "unsupported: requires cxx", {"probes::A1::c"}, "hello"};
  const UnitListed unit = reread(UnitListed{1, 2, "name", "C1.cc", {test}, 40, true});
  ASSERT_EQ(unit.cases.size(), 1u);
  EXPECT_EQ(unit.cases[0].skip, test.skip);
  EXPECT_EQ(unit.cases[0].needs, test.needs);
  EXPECT_EQ(unit.cases[0].rung, test.rung);
  EXPECT_TRUE(unit.dynamic);
  RunStarted started;
  started.streams = {{{"t", "s/2", "gcc", "O1", "host"}, "executor 1", "gcc 12", "r3", "vm 2"}};
  started.targets = {{"t", {"linux"}, "checked", "host"}};
  const RunStarted after = reread(started);
  EXPECT_EQ(after.streams.at(0).stream, started.streams[0].stream);
  EXPECT_EQ(after.streams.at(0).toolchain_identity, "gcc 12");
  EXPECT_EQ(after.streams.at(0).confirm_identity, "vm 2");
  EXPECT_EQ(after.targets.at(0).goal, "checked");
  EXPECT_EQ(after.targets.at(0).executor, "host");
}

TEST(EventJson, KeepsOnWhichExecutorAFailureWasConfirmed) {
  EXPECT_EQ(reread(CaseObserved{1, 2, 3, {}, "vm:linux-x86_64"}).confirmer, "vm:linux-x86_64");
  EXPECT_EQ(reread(CaseObserved{1, 2, 3, {}}).confirmer, "");
}

TEST(EventJson, TheGapOfAnOutputStaysWhereItWasWhenBytesAreRepaired) {
  JobEnded ended;
  ended.completion.out = {"\xff\xff|tail", 10, 17, 2};
  const JobEnded after = reread(ended);
  EXPECT_EQ(after.completion.out.text.substr(0, after.completion.out.head), "\\xff\\xff");
  EXPECT_EQ(after.completion.out.text.substr(after.completion.out.head), "|tail");
}

TEST(EventJson, HasAFixedOrderOfKeysAndLeavesDefaultsOut) {
  Observed observed;
  observed.status = Status::pass;
  EXPECT_EQ(
      event_to_json(sample_event(CaseObserved{1, 2, 1, observed})),
      R"({"seq":9,"wall":1700000000123,"mono":456,"event":"case_observed","job":1,"case":2,"attempt":1,"status":"pass"})");
}

TEST(EventJson, SaysWhatItDoesNotUnderstand) {
  EXPECT_EQ(problem("{\"seq\":1,"), "it is no JSON");
  EXPECT_EQ(problem("[1]"), "the line is no object");
  EXPECT_EQ(problem(R"({"event":"note"})"), "\"seq\" is missing");
  EXPECT_EQ(problem(R"({"seq":-1,"event":"note"})"), "\"seq\" is no number of its range");
  EXPECT_EQ(problem(R"({"seq":1,"event":"guest_moved"})"),
            "unknown event kind \"guest_moved\", perhaps of a newer xtest");
  EXPECT_EQ(problem(R"({"seq":1,"event":"run_started","schema":2})"),
            "a newer xtest wrote this record (schema 2, this one reads 1)");
  EXPECT_EQ(problem(R"({"seq":1,"event":"case_observed","job":1,"case":1,"attempt":1,"status":"odd"})"),
            "\"status\" has the unknown value \"odd\"");
  EXPECT_EQ(problem(R"({"seq":1,"event":"job_ended","job":1,"how":{},"usage":{}})"),
            "\"how\" names no ending that is known");
  EXPECT_EQ(problem(R"({"seq":1,"event":"fact","name":7})"), "\"name\" is no text");
  EXPECT_EQ(problem(R"({"seq":1,"event":"unit_listed","stream":4294967296,"unit":0,"first_case":0})"),
            "\"stream\" is no number of its range");
}

TEST(EventJson, DoesNotFollowAReferenceOutOfTheRecord) {
  EXPECT_EQ(problem(R"({"seq":1,"event":"session","evidence":{"output_ref":"../../etc/passwd","bytes":1}})"),
            "\"evidence\" refers to no output");
  EXPECT_EQ(problem(R"({"seq":1,"event":"job_ended","job":1,"how":{"exited":0},"usage":{},"files":[{"name":"a","kept":"../../etc/passwd"}]})"),
            "\"kept\" refers to no file");
}

TEST(EventJson, SkipsMembersOfANewerVersion) {
  EXPECT_EQ(problem(R"({"seq":1,"event":"note","text":"x","colour":"red"})"), "accepted");
}

TEST(EventJson, ShowsTheEndsOfAnOutputThatCouldNotBeKept) {
  std::string line;
  Observed observed;
  observed.output = "head" + std::string(100000, 'x') + "tail";
  print_event(line, sample_event(CaseObserved{1, 2, 1, observed}), [](std::string_view) { return std::string(); });
  EXPECT_LT(line.size(), inline_output + 500);
  const auto back = event_from_json(line);
  ASSERT_TRUE(back.has_value()) << back.error();
  const std::string& output = std::get<CaseObserved>(back->body).observed.output;
  EXPECT_TRUE(output.starts_with("head"));
  EXPECT_TRUE(output.ends_with("tail"));
}

}  // namespace
}  // namespace xtest
