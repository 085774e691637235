// SPDX-License-Identifier: Apache-2.0
#include "runner/cli/lie_report.h"

namespace xtest {
namespace {

bool was_executed(const Outcome& outcome) {
  return outcome.raw != Status::not_run && outcome.raw != Status::skip && outcome.raw != Status::infra && outcome.raw != Status::build_fail;
}

}  // namespace

std::string lie_line(const KnownLie& lie) {
  return lie.executor + ": " + lie.id + ": " + lie.what + " (until " + lie.expires + ")";
}

void LieReport::on(const Event& event) {
  if (const auto* run = std::get_if<RunStarted>(&event.body)) table_.add(*run);
  if (const auto* unit = std::get_if<UnitListed>(&event.body)) table_.add(*unit);
  const auto* decided = std::get_if<CaseDecided>(&event.body);
  const auto name = decided && was_executed(decided->outcome) ? table_.find(decided->test) : std::nullopt;
  if (!name) return;
  const StreamInfo& place = table_.streams().at(name->stream);
  for (const KnownLie& lie : lies_.entries()) {
    if (!lie.is_about(place, table_.id(decided->test))) continue;
    tried_.insert(&lie);
    if (decided->outcome.status == Status::emulator && decided->outcome.expectation == to_string(lie.where)) met_.insert(&lie);
  }
}

std::vector<Note> LieReport::notes() const {
  std::vector<Note> notes;
  for (const KnownLie* lie : tried_) {
    const std::string entry = lie->id + " (" + to_string(lie->where) + ")";
    if (lie->is_expired(today_)) notes.push_back({kLieNotes, entry + " expired on " + lie->expires + " and no longer applies: look again"});
    else if (!met_.contains(lie)) notes.push_back({kLieNotes, entry + " was not met by any of the tests it is about"});
  }
  return notes;
}

}  // namespace xtest
