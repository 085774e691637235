// SPDX-License-Identifier: Apache-2.0
// What is wrong with the expectation lists of a run, so that no entry stays because nobody looks: entries that have expired, and
// entries about a suite of the run that name none of its tests.
#pragma once

#include "runner/engine/plan.h"
#include "suites/expect.h"

#include <string>
#include <vector>

namespace xtest {

inline constexpr const char* kExpectNotes = "expectations";    // Note::area

// A note for each such entry. `lists` are those of the plan's PreparedTargets; whether an entry names a test is told only of a plan that
// knows all tests of its suites (Omitted is cut).
std::vector<Note> expectation_notes(const Plan& plan, const std::vector<PreparedTarget>& targets, const std::vector<Expectations>& lists,
                                    const std::string& today);

}  // namespace xtest
