// SPDX-License-Identifier: Apache-2.0
#include "runner/record/record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/resource.h>

#include <csignal>
#include <fstream>
#include <nlohmann/json.hpp>

#include "runner/base/error.h"
#include "runner/base/files.h"
#include "tests/unit/record/samples.h"

namespace xtest {
namespace {

namespace fs = std::filesystem;
using test::sample_event;
using testing::ElementsAre;
using testing::HasSubstr;

class Record : public testing::Test {
 protected:
  Record() {
    std::string name = (fs::temp_directory_path() / "record'ö XXXXXX").string();
    folder_ = fs::path(::mkdtemp(name.data())) / "run";
  }
  ~Record() override { fs::remove_all(folder_.parent_path()); }

  void write_notes(RecordWriter& writer, std::initializer_list<std::string> texts) {
    for (const auto& text : texts) writer.write(sample_event(Note{"test", text}, writer.next_seq()));
  }
  void append(std::string_view bytes) { std::ofstream(folder_ / "events.jsonl", std::ios::app) << bytes; }

  std::vector<Event> read() {
    std::vector<Event> out;
    report_ = read_record(folder_, [&](Event&& event) { out.push_back(std::move(event)); });
    return out;
  }
  std::vector<std::string> notes() {
    std::vector<std::string> out;
    for (const Event& event : read()) out.push_back(std::get<Note>(event.body).text);
    return out;
  }

  fs::path folder_;
  ReadReport report_;
};

TEST_F(Record, GivesBackEveryEventAsItWasWritten) {
  std::vector<std::string> lines;
  {
    RecordWriter writer = RecordWriter::create(folder_);
    for (const auto& text : test::hostile_texts()) {
      for (auto& body : test::sample_bodies(text)) {
        const Event event = sample_event(body, writer.next_seq());
        writer.write(event);
        lines.push_back(event_to_json(event));
      }
    }
    writer.sync();
    EXPECT_EQ(writer.trouble(), std::nullopt);
  }
  const auto events = read();
  EXPECT_FALSE(report_.torn);
  EXPECT_THAT(report_.damaged, ElementsAre());
  ASSERT_EQ(events.size(), lines.size());
  for (std::size_t i = 0; i < events.size(); ++i) EXPECT_EQ(event_to_json(events[i]), lines[i]);
}

TEST_F(Record, MovesLongOutputsOutOnceAndPutsThemBack) {
  const std::string output = std::string(100000, 'x') + "\xff end";
  {
    RecordWriter writer = RecordWriter::create(folder_);
    JobEnded ended;
    ended.completion.out = {output, 5, 6, output.size() / 2};
    ended.completion.err = {"e" + output, 0, 7, 0};
    ended.completion.evidence = output;
    writer.write(sample_event(ended, 0));
    writer.write(sample_event(CaseObserved{1, 2, 1, {Status::fail, "", "", "", "", {}, output, ""}}, 1));
  }
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_ / "output"), {}), 2)
      << "out and evidence are equal, err differs";
  EXPECT_LT(fs::file_size(folder_ / "events.jsonl"), 2000u);
  const auto events = read();
  EXPECT_THAT(report_.damaged, ElementsAre());
  EXPECT_EQ(std::get<JobEnded>(events.at(0).body).completion.out.text, output);
  EXPECT_EQ(std::get<JobEnded>(events.at(0).body).completion.out.head, output.size() / 2);
  EXPECT_EQ(std::get<CaseObserved>(events.at(1).body).observed.output, output);
}

TEST_F(Record, KeepsTheContentOfAFileOnce) {
  RecordWriter writer = RecordWriter::create(folder_);
  const fs::path file = folder_ / "a";
  ASSERT_EQ(write_file(file, "content"), 0);
  const std::string digest = writer.keep_file(file);
  EXPECT_EQ(writer.keep_file(file), digest);
  fs::remove(file);
  EXPECT_EQ(read_file(folder_ / "output" / digest), "content");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_ / "output"), {}), 1);
  fs::remove_all(folder_ / "output");
  ASSERT_EQ(write_file(file, "other"), 0);
  EXPECT_EQ(writer.keep_file(file), "");
  EXPECT_THAT(writer.trouble().value_or(""), testing::HasSubstr("cannot write "));
}

TEST_F(Record, NamesAnOutputThatIsMissingOrDamaged) {
  {
    RecordWriter writer = RecordWriter::create(folder_);
    writer.write(
        sample_event(CaseObserved{1, 2, 1, {Status::fail, "", "", "", "", {}, std::string(5000, 'a'), ""}}, 0));
    writer.write(
        sample_event(CaseObserved{1, 3, 1, {Status::fail, "", "", "", "", {}, std::string(5000, 'b'), ""}}, 1));
  }
  std::vector<fs::path> outputs;
  for (const auto& entry : fs::directory_iterator(folder_ / "output")) outputs.push_back(entry.path());
  ASSERT_EQ(outputs.size(), 2u);
  fs::remove(outputs[0]);
  std::ofstream(outputs[1]) << std::string(5000, 'c');
  const auto events = read();
  ASSERT_EQ(events.size(), 2u);
  EXPECT_THAT(std::get<CaseObserved>(events[0].body).observed.output, HasSubstr("5000 bytes of output are missing"));
  EXPECT_THAT(report_.damaged, testing::UnorderedElementsAre(HasSubstr("is missing"), HasSubstr("is damaged")));
}

TEST_F(Record, DropsATornLastLineOnReading) {
  {
    RecordWriter writer = RecordWriter::create(folder_);
    write_notes(writer, {"one", "two"});
  }
  append(R"({"seq":2,"event":"note","text":"thr)");
  EXPECT_THAT(notes(), ElementsAre("one", "two"));
  EXPECT_TRUE(report_.torn);
  EXPECT_THAT(report_.damaged, ElementsAre());
}

TEST_F(Record, CutsATornTailBeforeItGoesOn) {
  {
    RecordWriter writer = RecordWriter::create(folder_);
    write_notes(writer, {"one", std::string(300000, 'x')});
  }
  append(std::string(100000, '\0') + "\n" + R"({"seq":2,"event":"note","te)");
  {
    RecordWriter writer = RecordWriter::resume(folder_);
    EXPECT_EQ(writer.next_seq(), 2u);
    write_notes(writer, {"three"});
  }
  EXPECT_THAT(notes(), ElementsAre("one", testing::SizeIs(300000), "three"));
  EXPECT_FALSE(report_.torn);
  EXPECT_THAT(report_.damaged, ElementsAre());
}

TEST_F(Record, GoesOnAfterARecordThatHoldsNothing) {
  { RecordWriter::create(folder_); }
  append("{\"seq");
  RecordWriter writer = RecordWriter::resume(folder_);
  EXPECT_EQ(writer.next_seq(), 0u);
  EXPECT_EQ(fs::file_size(folder_ / "events.jsonl"), 0u);
}

TEST_F(Record, RefusesASecondWriterButCanBeReadMeanwhile) {
  RecordWriter writer = RecordWriter::create(folder_);
  write_notes(writer, {"one"});
  EXPECT_THROW(RecordWriter::create(folder_), Error);
  try {
    RecordWriter::resume(folder_);
    FAIL() << "two writers";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::usage);
    EXPECT_THAT(error.what(), HasSubstr("another process is writing"));
  }
  EXPECT_THAT(notes(), ElementsAre("one"));
}

TEST_F(Record, SaysWhichFolderCannotHoldARecord) {
  std::ofstream(folder_) << "a file";
  try {
    RecordWriter::create(folder_);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::output);
    EXPECT_THAT(error.what(), HasSubstr(folder_.string()));
  }
  EXPECT_THROW(RecordWriter::resume(folder_.parent_path()), Error);
  EXPECT_THROW(read_record(folder_.parent_path(), [](Event&&) {}), Error);
}

TEST_F(Record, ReportsUnknownNewerMissingAndDoubleEvents) {
  { RecordWriter::create(folder_); }
  append(
      "{\"seq\":0,\"event\":\"run_started\",\"schema\":9}\n"
      "{\"seq\":1,\"event\":\"note\",\"text\":\"one\"}\n"
      "{\"seq\":1,\"event\":\"note\",\"text\":\"again\"}\n"
      "{\"seq\":2,\"event\":\"guest_moved\"}\n"
      "{\"seq\":3,\"event\":\"note\",\"text\":\"three\"}\n"
      "rubbish\n"
      "{\"seq\":9,\"event\":\"note\",\"text\":\"nine\"}\n");
  EXPECT_THAT(notes(), ElementsAre("one", "three", "nine"));
  EXPECT_THAT(report_.damaged,
              ElementsAre(HasSubstr("line 1: a newer xtest"), "line 3: event 1 is there twice or out of order",
                          HasSubstr("line 4: unknown event kind"), "line 6: it is no JSON",
                          "line 7: 4 events are missing before event 9"));
  EXPECT_EQ(report_.unreadable, 3u);
}

TEST_F(Record, WithoutALineThatCanBeReadIsRefusedWithFileAndLine) {
  for (const std::string garbage : {"rubbish\nmore\n", "rubbish", "\x80\n"}) {
    { RecordWriter::create(folder_); }
    append(garbage);
    try {
      read();
      FAIL() << garbage;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::usage);
      EXPECT_THAT(error.what(), HasSubstr((folder_ / "events.jsonl").string() + ": line 1: it is no JSON"));
    }
    fs::remove_all(folder_);
  }
  { RecordWriter::create(folder_); }
  append("{\"seq\":0,\"event\":\"run_st");
  EXPECT_THAT(read(), ElementsAre()) << "killed while it wrote its first line";
  EXPECT_TRUE(report_.torn);
}

/// Files may not grow beyond `bytes` while this lives: a full disk that needs no disk.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    ::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    rlimit limit = before_;
    limit.rlim_cur = bytes;
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() { ::setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_{};
};

TEST_F(Record, RemembersAFullDiskGoesOnAndStaysReadable) {
  {
    RecordWriter writer = RecordWriter::create(folder_);
    write_notes(writer, {"one"});
    {
      const FileSizeLimit full(150);
      write_notes(writer, {std::string(500, 'x'), "lost too"});
      EXPECT_THAT(writer.trouble().value_or("nothing"), HasSubstr("events.jsonl: File too large"));
      writer.write(sample_event(CaseObserved{1, 2, 1, {Status::fail, "", "", "", "", {}, std::string(5000, 'a'), ""}},
                                writer.next_seq()));
    }
    write_notes(writer, {"room again"});
    EXPECT_THAT(writer.trouble().value_or("nothing"), HasSubstr("File too large"));
  }
  EXPECT_THAT(notes(), ElementsAre("one", "room again"));
  EXPECT_FALSE(report_.torn);
  EXPECT_THAT(report_.damaged, ElementsAre(HasSubstr("3 events are missing before event 4")));
}

TEST_F(Record, TellsTheRunInRunJsonFromItsBeginning) {
  RecordWriter writer = RecordWriter::create(folder_);
  RunStarted started;
  started.run = "01";
  started.argv = {"xtest", "run"};
  writer.write(sample_event(started, 0));
  const auto early = nlohmann::json::parse(read_file(folder_ / "run.json").value_or(""));
  EXPECT_EQ(early["argv"][1], "run");
  EXPECT_FALSE(early.contains("ended"));
  writer.write(sample_event(RunEnded{"finished", {{{"pass", 3}}}, 100, "digest"}, 1));
  const auto late = nlohmann::json::parse(read_file(folder_ / "run.json").value_or(""));
  EXPECT_EQ(late["run"], "01");
  EXPECT_EQ(late["ended"]["counts"]["pass"], 3);
  EXPECT_EQ(late["ended"]["exit_code"], 100);
}

}  // namespace
}  // namespace xtest
