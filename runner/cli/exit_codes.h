// SPDX-License-Identifier: Apache-2.0
// The exit codes of xtest (docs/results.md, after cargo-nextest's).
#pragma once

namespace xtest::exit_code {

inline constexpr int ok = 0;
inline constexpr int usage = 2;             // usage or configuration, or something needed is missing
inline constexpr int nothing_selected = 4;
inline constexpr int outstanding = 5;       // a rerun passed, but other results of its parent are still bad
inline constexpr int internal = 70;         // a bug in xtest
inline constexpr int failures = 100;
inline constexpr int infra = 102;             // trouble that is not the test's kept us from a verdict
inline constexpr int output = 110;          // a report could not be written
inline constexpr int exec_failed = 125;     // xtest exec: xtest itself failed
inline constexpr int interrupted = 130;

}  // namespace xtest::exit_code
