// SPDX-License-Identifier: Apache-2.0
//
// The why-tool: lines on stderr, by level and by named area, chosen with
// `--log debug` or `--log ssh:debug,engine:info`. Results never go through here.
// The settings are the one global of xtest: written by Log::configure at start,
// before any other thread exists, and only read afterwards; any thread may log, a
// line is written in one piece. A bad spec is Error{usage}; writing never throws.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>

namespace xtest {

enum class LogLevel { error, warning, info, debug };

class Log {
 public:
  /// "LEVEL" or "AREA:LEVEL", several with commas; the default is warning everywhere.
  static void configure(std::string_view spec);

  static bool enabled(std::string_view area, LogLevel level);
  static void write(std::string_view area, LogLevel level, std::string_view text) noexcept;
};

template <typename... Args>
void log_at(LogLevel level, std::string_view area, fmt::format_string<Args...> format, Args&&... args) {
  if (Log::enabled(area, level)) Log::write(area, level, fmt::format(format, std::forward<Args>(args)...));
}

template <typename... Args>
void log_error(std::string_view area, fmt::format_string<Args...> format, Args&&... args) {
  log_at(LogLevel::error, area, format, std::forward<Args>(args)...);
}

template <typename... Args>
void log_warning(std::string_view area, fmt::format_string<Args...> format, Args&&... args) {
  log_at(LogLevel::warning, area, format, std::forward<Args>(args)...);
}

template <typename... Args>
void log_info(std::string_view area, fmt::format_string<Args...> format, Args&&... args) {
  log_at(LogLevel::info, area, format, std::forward<Args>(args)...);
}

template <typename... Args>
void log_debug(std::string_view area, fmt::format_string<Args...> format, Args&&... args) {
  log_at(LogLevel::debug, area, format, std::forward<Args>(args)...);
}

}  // namespace xtest
