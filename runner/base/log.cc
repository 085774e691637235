// SPDX-License-Identifier: Apache-2.0
#include "runner/base/log.h"

#include <array>
#include <cstdio>
#include <map>
#include <optional>

#include "runner/base/error.h"
#include "runner/base/text.h"

namespace xtest {

namespace {

constexpr std::array<std::string_view, 4> level_names{"error", "warning", "info", "debug"};

struct Settings {
  LogLevel everywhere = LogLevel::warning;
  std::map<std::string, LogLevel, std::less<>> areas;
};

Settings& settings() {
  static Settings instance;
  return instance;
}

LogLevel parse_level(std::string_view name) {
  for (std::size_t i = 0; i < level_names.size(); ++i) {
    if (level_names[i] == name) return static_cast<LogLevel>(i);
  }
  throw Error(ErrorKind::usage, fmt::format("--log: '{}' is no level", name),
              "use error, warning, info or debug, for one area as in ssh:debug");
}

}  // namespace

void Log::configure(std::string_view spec) {
  Settings wanted;
  for (const std::string_view part : split(spec, ',')) {
    const std::size_t colon = part.find(':');
    if (colon == std::string_view::npos)
      wanted.everywhere = parse_level(trim(part));
    else
      wanted.areas[std::string(trim(part.substr(0, colon)))] = parse_level(trim(part.substr(colon + 1)));
  }
  settings() = std::move(wanted);
}

bool Log::enabled(std::string_view area, LogLevel level) {
  const Settings& now = settings();
  const auto found = now.areas.find(area);
  return level <= (found == now.areas.end() ? now.everywhere : found->second);
}

void Log::write(std::string_view area, LogLevel level, std::string_view text) noexcept {
  try {
    const std::string line =
        fmt::format("xtest {}: {}: {}\n", area, level_names[static_cast<std::size_t>(level)], text);
    std::fwrite(line.data(), 1, line.size(), stderr);
  } catch (const std::bad_alloc&) {
    std::fputs("xtest: a log line did not fit into memory\n", stderr);
  }
}

}  // namespace xtest
