// SPDX-License-Identifier: Apache-2.0
#include "runner/engine/decide.h"

#include "runner/base/text.h"

#include <algorithm>
#include <utility>

namespace xtest {
namespace {

bool is_bad(const Observed& seen) { return weight(seen.status) == Weight::bad; }
bool is_bad_attempt(const Attempt& attempt) { return is_bad(attempt.observed); }
bool is_infra(const Attempt& attempt) { return attempt.observed.status == Status::infra; }

bool may_be_the_emulators(Status status) {
  return status == Status::fail || status == Status::crash || status == Status::timeout;
}

struct Split {
  std::span<const Attempt> own, confirming;    // in this order they were made
};

Split split_attempts(std::span<const Attempt> attempts) {
  const auto first = std::ranges::find_if(attempts, [](const Attempt& one) { return !one.confirmer.empty(); });
  const auto own = static_cast<std::size_t>(first - attempts.begin());
  return {attempts.first(own), attempts.subspan(own)};
}

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
    if (is_bad_attempt(attempt)) was_bad = true;
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

void remember_expired(const Expectation& expired, Outcome& outcome) {
  if (!outcome.reason.empty()) outcome.reason += "; ";
  outcome.reason += "it was expected until " + expired.expires + " (" + to_string(expired.where) + "): " + expired.reason;
}

std::string said(const Observed& seen) { return seen.message.empty() ? std::string(to_string(seen.status)) : seen.message; }

const KnownLie* fitting_lie(const Basis& basis, const Observed& seen) {
  const auto found = std::ranges::find_if(basis.lies, [&](const KnownLie* lie) { return glob_match(lie->signature, seen.signature); });
  return found == basis.lies.end() ? nullptr : *found;
}

// Whose is the failure? The confirming executor's word comes before what is known of the emulator.
void attribute(std::span<const Attempt> confirming, const Basis& basis, const Observed& own, Outcome& outcome) {
  if (!may_be_the_emulators(outcome.status)) return;
  const Observed* there = fold(confirming).deciding;
  const std::string where = there ? confirming.front().confirmer : "";
  if (there && is_bad(*there)) {
    outcome.reason = "port: fails on both (" + basis.executor + ": " + said(own) + ", " + where + ": " + said(*there) + ")";
    return;
  }
  const KnownLie* lie = fitting_lie(basis, own);
  const bool passed = there && there->status == Status::pass;
  if (passed || lie) {
    outcome.status = Status::emulator;
    outcome.reason = "emulator (" + basis.executor + "), not your port";
  }
  if (passed) outcome.reason += ": it passes on " + where;
  if (lie) {
    outcome.expectation = to_string(lie->where);
    outcome.reason += "; known lie " + lie->id + ": " + lie->what;
  }
  if (there && !passed) outcome.reason += (lie ? "; " : "") + ("not confirmed: " + where + ": " + said(*there));
}

}  // namespace

Basis basis_of(const Expectations& lists, const std::string& test, const Occasion& occasion, const StreamInfo& stream, const KnownLies* lies) {
  Basis basis(lists.find(test, occasion));
  if (!basis.expected) basis.expired = lists.find_expired(test, occasion);
  basis.executor = stream.stream.executor;
  if (lies) basis.lies = lies->candidates(stream, test, occasion.today);
  return basis;
}

Outcome decide(std::span<const Attempt> attempts, const Basis& basis) {
  Outcome outcome;
  outcome.attempts = static_cast<int>(attempts.size());
  const auto [own, confirming] = split_attempts(attempts);
  const Folded folded = fold(own);
  if (!folded.deciding) return outcome;
  outcome.raw = folded.deciding->status;
  outcome.status = folded.flaky ? Status::flaky : folded.deciding->status;
  outcome.kind = folded.deciding->kind;
  if (outcome.status == Status::skip) outcome.reason = folded.deciding->message;
  if (basis.expected) apply(*basis.expected, outcome);
  else attribute(confirming, basis, *folded.deciding, outcome);
  if (basis.expired && weight(outcome.status) == Weight::bad) remember_expired(*basis.expired, outcome);
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
  const auto own = split_attempts(attempts).own;
  if (own.empty()) return true;
  const auto infra = std::ranges::count_if(own, is_infra);
  const auto bad = std::ranges::count_if(own, is_bad_attempt);
  if (is_infra(own.back())) return infra <= policy.infra_retries;
  return is_bad_attempt(own.back()) && !expected && bad <= policy.retries;
}

bool wants_confirmation(std::span<const Attempt> attempts, const Expectation* expected, const RetryPolicy& policy) {
  const auto [own, confirming] = split_attempts(attempts);
  if (expected || own.empty() || !may_be_the_emulators(own.back().observed.status)) return false;
  if (confirming.empty()) return true;
  return is_infra(confirming.back()) && std::ranges::count_if(confirming, is_infra) <= policy.infra_retries;
}

}  // namespace xtest
