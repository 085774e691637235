// SPDX-License-Identifier: Apache-2.0
// Which files that a program leaves in its folder come back with its end.
//
// A pattern is a path relative to the folder, of letters, digits and ._+@=,- ; its last part may hold `*` (not for a name that
// begins with a dot) and `?`. A name that comes back has no other characters either: where it is looked for, no name can lead
// out of the folder, and no symbolic link is followed. Here a file never lies under the name that the program gave it. Pure
// functions, any thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace xtest {

inline constexpr std::size_t most_result_files = 64;               // of one run

struct ResultWish {
  std::vector<std::string> patterns;                               // is_result_pattern() holds
  std::filesystem::path folder;                                    // of this run alone, here; made when there is something
  std::uint64_t most_of_one = 16u << 20, most_of_all = 64u << 20;  // bytes
};

bool is_result_pattern(std::string_view text);
bool matches_result(std::string_view pattern, std::string_view name);   // false for what is no name

}  // namespace xtest
