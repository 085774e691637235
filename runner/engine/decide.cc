// SPDX-License-Identifier: Apache-2.0
#include "runner/engine/decide.h"

#include <algorithm>
#include <utility>

namespace xtest {
namespace {

bool is_bad(const Attempt& attempt) { return weight(attempt.observed.status) == Weight::bad; }
bool is_infra(const Attempt& attempt) { return attempt.observed.status == Status::infra; }

struct Folded {
  const Observed* deciding = nullptr;
  bool flaky = false;
};

Folded fold(std::span<const Attempt> attempts) {
  Folded folded;
  bool was_bad = false;
  for (const Attempt& attempt : attempts) {
    if (is_infra(attempt) && folded.deciding && folded.deciding->status != Status::infra) continue;
    if (was_bad && attempt.observed.status == Status::skip) continue;
    folded.deciding = &attempt.observed;
    if (is_bad(attempt)) was_bad = true;
  }
  folded.flaky = was_bad && folded.deciding && folded.deciding->status == Status::pass;
  return folded;
}

void apply(const Expectation& expected, Outcome& outcome) {
  const bool bad = weight(outcome.status) == Weight::bad;
  const bool good = outcome.status == Status::pass;
  if (!bad && !good) return;
  if (expected.kind == Expectation::Kind::skip) return;
  outcome.expectation = to_string(expected.where);
  outcome.reason = expected.reason + (expected.link.empty() ? "" : " (" + expected.link + ")");
  outcome.status = bad ? Status::xfail : Status::xpass;
  if (good) outcome.kind = "unexpected-pass";
}

}  // namespace

Outcome decide(std::span<const Attempt> attempts, const Expectation* expected) {
  Outcome outcome;
  outcome.attempts = static_cast<int>(attempts.size());
  const Folded folded = fold(attempts);
  if (!folded.deciding) return outcome;
  outcome.raw = folded.deciding->status;
  outcome.status = folded.flaky ? Status::flaky : folded.deciding->status;
  outcome.kind = folded.deciding->kind;
  if (outcome.status == Status::skip) outcome.reason = folded.deciding->message;
  if (expected) apply(*expected, outcome);
  return outcome;
}

Outcome skipped(std::string kind, std::string reason) {
  Outcome outcome;
  outcome.status = outcome.raw = Status::skip;
  outcome.kind = std::move(kind);
  outcome.reason = std::move(reason);
  return outcome;
}

bool wants_retry(std::span<const Attempt> attempts, const Expectation* expected, const RetryPolicy& policy) {
  if (attempts.empty()) return true;
  const auto infra = std::ranges::count_if(attempts, is_infra);
  const auto bad = std::ranges::count_if(attempts, is_bad);
  const Attempt& last = attempts.back();
  if (is_infra(last)) return infra <= policy.infra_retries;
  return is_bad(last) && !expected && bad <= policy.retries;
}

}  // namespace xtest
