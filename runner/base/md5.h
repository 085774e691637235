// SPDX-License-Identifier: Apache-2.0
// MD5 of a file, for projects that publish nothing better: it tells a damaged file, not a forged one. Nothing is named or
// cached by it. Any thread. Error{infra}.
#pragma once

#include <filesystem>
#include <string>

namespace xtest {

std::string md5_file(const std::filesystem::path& path);      // 32 digits, lower-case

}  // namespace xtest
