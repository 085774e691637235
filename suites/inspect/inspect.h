// SPDX-License-Identifier: Apache-2.0
#pragma once

// `xtest inspect FILE [--expect E.json] [--json]`: read one file, judge it, print. The engine starts it as a child of
// its own for every produced file, so that a reader that crashes on a hostile file takes nothing else with it.
//
// With --json exactly one object on `out`: {"file", "facts"} or {"file", "error"}, and with --expect also {"checks"}.
// Without it a table for people. Exit codes: 0 nothing bad, 100 a check is bad, 2 usage, or an unreadable file or
// expectation. A file that is neither ELF nor PE is an answer (A1 `format`), not a usage error. Runs on the caller's
// thread, spawns nothing.

#include <cstddef>
#include <expected>
#include <iosfwd>
#include <span>
#include <string>

#include "suites/inspect/facts.h"

namespace xtest {

// Chooses the reader by the magic number.
std::expected<FileFacts, std::string> read_file_facts(std::span<const std::byte> bytes);

// `args` are those after the word `inspect`.
int inspect_main(std::span<const std::string> args, std::ostream& out, std::ostream& err);

}  // namespace xtest
