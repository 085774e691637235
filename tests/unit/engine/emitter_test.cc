// SPDX-License-Identifier: Apache-2.0
#include "runner/engine/emitter.h"

#include "tests/support/fake_world.h"

#include <gtest/gtest.h>

namespace xtest {
namespace {

using namespace std::chrono_literals;

// A monotonic clock that is not: what libfaketime and broken guests make of it.
struct JumpingClock final : Clock {
  std::chrono::system_clock::time_point wall() const override { return wall_; }
  std::chrono::steady_clock::time_point mono() const override { return mono_; }
  std::chrono::system_clock::time_point wall_{1000s};
  std::chrono::steady_clock::time_point mono_{50s};
};

TEST(Emitter, NumbersEventsWithoutGaps) {
  const ManualClock clock;
  EventLog log;
  Emitter emitter(clock, nullptr, {&log});
  for (int i = 0; i < 5; ++i) emitter.emit(Note{"a", "b"});
  ASSERT_EQ(log.events.size(), 5u);
  for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ(log.events[i].seq, i);
}

TEST(Emitter, StampsWithWallTimeAndWithTimeSinceItsBeginning) {
  ManualClock clock;
  clock.set_wall(std::chrono::system_clock::time_point(77s));
  clock.advance(5s);
  EventLog log;
  Emitter emitter(clock, nullptr, {&log});
  clock.advance(1500us);
  emitter.emit(Note{"a", "b"});
  EXPECT_EQ(log.events[0].mono, 1500us);
  EXPECT_EQ(log.events[0].wall, 82001ms);
}

TEST(Emitter, MonotonicTimeNeverGoesBack) {
  JumpingClock clock;
  EventLog log;
  Emitter emitter(clock, nullptr, {&log});
  for (const auto mono : {51s, 53s, 40s, 52s, 54s}) {
    clock.mono_ = std::chrono::steady_clock::time_point(mono);
    emitter.emit(Note{"a", "b"});
  }
  const std::vector<std::chrono::seconds> wanted{1s, 3s, 3s, 3s, 4s};
  for (std::size_t i = 0; i < wanted.size(); ++i) EXPECT_EQ(log.events[i].mono, wanted[i]) << i;
}

TEST(Emitter, WallTimeMayGoBackAndIsToldAsItIs) {
  JumpingClock clock;
  EventLog log;
  Emitter emitter(clock, nullptr, {&log});
  emitter.emit(Note{"a", "b"});
  clock.wall_ -= 500s;
  emitter.emit(Note{"a", "b"});
  EXPECT_EQ(log.events[0].wall, 1000s);
  EXPECT_EQ(log.events[1].wall, 500s);
}

TEST(Emitter, TellsEverySinkTheSameAndGoesOnNumberingARecord) {
  const TempFolder folder;
  const ManualClock clock;
  EventLog one, two;
  {
    RecordWriter record = RecordWriter::create(folder.path() / "run");
    Emitter emitter(clock, &record, {&one, &two});
    emitter.emit(Note{"a", "first"});
    emitter.emit(Note{"a", "second"});
    EXPECT_FALSE(record.trouble().has_value());
  }
  ASSERT_EQ(one.events.size(), 2u);
  EXPECT_EQ(two.events.size(), 2u);
  RecordWriter record = RecordWriter::resume(folder.path() / "run");
  Emitter emitter(clock, &record, {&one});
  emitter.emit(Note{"a", "third"});
  EXPECT_EQ(one.events.back().seq, 2u);
}

TEST(Emitter, RetellsToReportsOnly) {
  const TempFolder folder;
  const ManualClock clock;
  EventLog log;
  RecordWriter record = RecordWriter::create(folder.path() / "run");
  Emitter emitter(clock, &record, {&log});
  Event old;
  old.seq = 41;
  old.body = Note{"a", "old"};
  emitter.retell(old);
  EXPECT_EQ(log.events.back().seq, 41u);
  EXPECT_EQ(record.next_seq(), 0u);
}

}  // namespace
}  // namespace xtest
