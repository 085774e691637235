// SPDX-License-Identifier: Apache-2.0
#include "reports/case_table.h"

namespace xtest {
namespace {

constexpr CaseIx most_cases = 50'000'000;   // an index above it is damage, not a test
constexpr StreamIx no_stream = ~StreamIx{0};

}  // namespace

void CaseTable::add(const RunStarted& run) { streams_ = run.streams; }

void CaseTable::add(const UnitListed& unit) {
  if (unit.first_case >= most_cases || unit.unit >= most_cases || unit.stream >= streams_.size()) return;
  if (unit.unit >= units_.size()) units_.resize(unit.unit + 1, no_stream);
  units_[unit.unit] = unit.stream;
  const std::size_t end = unit.first_case + unit.cases.size();
  if (end > rows_.size()) rows_.resize(end);
  const Piece source = keep(unit.source);
  for (std::size_t i = 0; i < unit.cases.size(); ++i) {
    Row& row = rows_[unit.first_case + i];
    if (!row.listed) ++listed_;
    const Case& listed = unit.cases[i];
    row = {unit.stream, keep(listed.name), intern(listed.group), source, intern(listed.rung), true};
  }
}

std::optional<CaseName> CaseTable::find(CaseIx test) const {
  if (test >= rows_.size() || !rows_[test].listed) return std::nullopt;
  const Row& row = rows_[test];
  return CaseName{row.stream, view(row.group), view(row.name), view(row.rung), view(row.source)};
}

std::optional<StreamIx> CaseTable::stream_of(UnitIx unit) const {
  if (unit >= units_.size() || units_[unit] == no_stream) return std::nullopt;
  return units_[unit];
}

std::string CaseTable::id(CaseIx test) const {
  const auto found = find(test);
  if (!found) return "case " + std::to_string(test);
  return TestId{stream(found->stream).suite, std::string(found->group), std::string(found->name)}.to_string();
}

const Stream& CaseTable::stream(StreamIx stream) const {
  static const Stream none;
  return stream < streams_.size() ? streams_[stream].stream : none;
}

CaseTable::Piece CaseTable::keep(std::string_view text) {
  if (text.empty()) return {};
  const Piece piece{static_cast<std::uint32_t>(arena_.size()), static_cast<std::uint32_t>(text.size())};
  arena_ += text;
  return piece;
}

CaseTable::Piece CaseTable::intern(const std::string& text) {
  if (text.empty()) return {};
  const auto found = interned_.find(text);
  if (found != interned_.end()) return found->second;
  return interned_.emplace(text, keep(text)).first->second;
}

}  // namespace xtest
