// SPDX-License-Identifier: Apache-2.0
#include "runner/engine/judge.h"

namespace xtest {

Judge::Judge(const EngineParts& parts, const EngineOptions& options, const CaseBook& cases)
    : parts_(parts), options_(options), cases_(cases) {}

const StreamInfo& Judge::stream(CaseIx test) const {
  return parts_.plan.streams[parts_.plan.units[parts_.plan.case_unit[test]].stream];
}

std::size_t Judge::target(CaseIx test) const {
  return parts_.plan.stream_target[parts_.plan.units[parts_.plan.case_unit[test]].stream];
}

Occasion Judge::occasion(CaseIx test) const {
  return {parts_.targets[target(test)].features, stream(test).suite_revision, options_.today};
}

const Expectation* Judge::expectation(CaseIx test) const {
  return parts_.expectations[target(test)].find(parts_.plan.id(test), occasion(test));
}

Outcome Judge::verdict(CaseIx test) const {
  const Basis basis = basis_of(parts_.expectations[target(test)], parts_.plan.id(test), occasion(test), stream(test), parts_.lies);
  return decide(cases_.attempts(test), basis);
}

bool Judge::is_after_infra(CaseIx test) const {
  const auto& attempts = cases_.attempts(test);
  return !attempts.empty() && attempts.back().observed.status == Status::infra;
}

// Where failures are confirmed, each one is looked at.
bool Judge::wants_retry(CaseIx test) const {
  return xtest::wants_retry(cases_.attempts(test), expectation(test), options_.retry) &&
         (is_after_infra(test) || is_confirmed(test) ||
          !cases_.too_many_bad(parts_.plan.units[parts_.plan.case_unit[test]].stream));
}

bool Judge::wants_confirmation(CaseIx test) const {
  return is_confirmed(test) && xtest::wants_confirmation(cases_.attempts(test), expectation(test), options_.retry);
}

}  // namespace xtest
