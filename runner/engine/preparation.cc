// SPDX-License-Identifier: Apache-2.0
#include "runner/engine/preparation.h"

#include <utility>

namespace xtest {

Preparation::Preparation(const Plan& plan, const CaseBook& cases, Builder& builder, std::function<void(UnitIx)> ready)
    : plan_(plan), cases_(cases), builder_(builder), ready_(std::move(ready)), units_(plan.units.size()) {}

void Preparation::begin(UnitIx unit) { build_next(unit); }

void Preparation::build_next(UnitIx unit) {
  State& state = units_[unit];
  const Unit& listed = plan_.units[unit];
  if (state.next_build == listed.builds.size() || state.built.failure) return when_needs_known(unit);
  const Job& job = listed.builds[state.next_build++];
  builder_.request(unit, job, [this, unit](const BuildResult& result) {
    units_[unit].built.job = result.job;
    if (!result.ok) units_[unit].built.failure = result.failure;
    build_next(unit);
  });
}

void Preparation::when_needs_known(UnitIx unit) {
  State& state = units_[unit];
  for (std::size_t which = 0; which < plan_.units[unit].cases.size(); ++which) {
    for (const CaseIx need : cases_.open_needs(plan_.first_case[unit] + static_cast<CaseIx>(which))) {
      ++state.open_needs;
      waiting_[need].push_back(unit);
    }
  }
  if (state.open_needs == 0) ready_(unit);
}

void Preparation::decided(CaseIx test) {
  const auto waiting = waiting_.extract(test);
  if (waiting.empty()) return;
  for (const UnitIx unit : waiting.mapped()) {
    if (--units_[unit].open_needs == 0) ready_(unit);
  }
}

}  // namespace xtest
