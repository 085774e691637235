// SPDX-License-Identifier: Apache-2.0
// An expectation list as a text that a person wrote: entries are added behind it or taken out, everything else stays as it is. Pure.
#pragma once

#include "suites/expect.h"

#include <set>
#include <string>
#include <vector>

namespace xtest {

// What an entry looks like: test, when, reason, link, expires.
std::string entry_text(const Expectation& entry);

// Behind the last entry; an empty text becomes a list.
std::string with_entries(std::string text, const std::vector<Expectation>& entries);

// Without the entries of `all` (those of the text, in its order) whose lines are in `gone`. Comments above the entry that follows stay.
std::string without_entries(const std::string& text, const std::vector<Expectation>& all, const std::set<int>& gone);

}  // namespace xtest
