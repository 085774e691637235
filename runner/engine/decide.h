// SPDX-License-Identifier: Apache-2.0
// From raw facts to a judgement, purely: attempts folded -> expectation -> emulator or port -> Outcome. The same call judges
// a run while it happens and an old record again with other lists.
//
// Folding: infra attempts do not count beside real ones; a pass after a bad attempt is `flaky`; otherwise the last
// attempt speaks. Then the expectation: bad and expected is `xfail`, good and expected to fail is `xpass`. `infra`,
// `not-run`, skips and levels bypass expectations.
//
// Emulator or port: attempts on a confirming executor (Attempt::confirmer) do not count in the folding. Of an unexpected
// failure they say whose it is: a pass there makes it `emulator`, a failure there leaves it what it is and says so; trouble
// or a skip there confirms nothing. Without their word a known lie of the emulator that fits makes it `emulator`.
#pragma once

#include "runner/model/observed.h"
#include "suites/expect.h"
#include "suites/lies.h"

#include <span>
#include <string>
#include <vector>

namespace xtest {

// What is known beside the attempts.
struct Basis {
  Basis(const Expectation* expectation = nullptr) : expected(expectation) {}   // implicit: often there is nothing more

  const Expectation* expected;
  const Expectation* expired = nullptr;        // what is no longer expected; where `expected` is null
  std::string executor;                        // of the case's stream, named in verdicts
  std::vector<const KnownLie*> lies;           // candidates; the first whose signature fits applies
};

// What the lists say of a test. `lies` may be null.
Basis basis_of(const Expectations& lists, const std::string& test, const Occasion& occasion, const StreamInfo& stream, const KnownLies* lies);

Outcome decide(std::span<const Attempt> attempts, const Basis& basis);

// A case that never ran: unsupported, blocked, or skipped by a list.
Outcome skipped(std::string kind, std::string reason);

// Is another attempt worth it? Only the unexpected is retried; infra trouble has a budget of its own.
struct RetryPolicy {
  int retries = 0;
  int infra_retries = 2;
};
bool wants_retry(std::span<const Attempt> attempts, const Expectation* expected, const RetryPolicy& policy);

// Is a failure to be seen on the confirming executor? To be asked when no retry is wanted.
bool wants_confirmation(std::span<const Attempt> attempts, const Expectation* expected, const RetryPolicy& policy);

}  // namespace xtest
