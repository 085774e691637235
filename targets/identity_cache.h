// SPDX-License-Identifier: Apache-2.0
// What a tool said about itself, kept on disk under the stamp of its file, so that asking again costs no process.
//
// A stamp is path, size and modification time; that of a script also holds those of the host's cc and gcc, which it
// probably starts. Only good answers are kept: why a tool was refused can change without the tool. One small JSON file
// a question, written under another name and renamed; two processes may use one folder. Losing it costs time only, so
// nothing throws.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace xtest {

using Answer = std::map<std::string, std::string>;

// Empty if the file is not there.
std::string tool_stamp(const std::filesystem::path& program, std::string_view path);

class IdentityCache {
 public:
  explicit IdentityCache(std::filesystem::path folder);

  std::optional<Answer> find(std::string_view stamp, std::string_view question) const;
  void keep(std::string_view stamp, std::string_view question, const Answer& answer) const;

 private:
  std::filesystem::path file(std::string_view stamp, std::string_view question) const;

  std::filesystem::path folder_;
};

}  // namespace xtest
