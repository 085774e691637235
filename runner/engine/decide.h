// SPDX-License-Identifier: Apache-2.0
// From raw facts to a judgement, purely: attempts folded -> expectation -> Outcome. The same call judges a run while it
// happens and an old record again with other lists.
//
// Folding: infra attempts do not count beside real ones; a pass after a bad attempt is `flaky`; otherwise the last
// attempt speaks. Then the expectation: bad and expected is `xfail`, good and expected to fail is `xpass`. `infra`,
// `not-run`, skips and levels bypass expectations.
#pragma once

#include "runner/model/observed.h"
#include "suites/expect.h"

#include <span>

namespace xtest {

Outcome decide(std::span<const Attempt> attempts, const Expectation* expected);

// A case that never ran: unsupported, blocked, or skipped by a list.
Outcome skipped(std::string kind, std::string reason);

// Is another attempt worth it? Only the unexpected is retried; infra trouble has a budget of its own.
struct RetryPolicy {
  int retries = 0;
  int infra_retries = 2;
};
bool wants_retry(std::span<const Attempt> attempts, const Expectation* expected, const RetryPolicy& policy);

}  // namespace xtest
