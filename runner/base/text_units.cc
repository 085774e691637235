// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <array>
#include <charconv>
#include <utility>

#include "runner/base/text.h"

namespace xtest {

namespace {

struct Quantity {
  std::uint64_t number;
  std::string_view unit;
};

std::optional<Quantity> parse_quantity(std::string_view text) {
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{}) return std::nullopt;
  return Quantity{number, std::string_view(rest, static_cast<std::size_t>(end - rest))};
}

std::optional<std::uint64_t> multiply(std::uint64_t a, std::uint64_t b, std::uint64_t limit) {
  if (a > limit / b) return std::nullopt;
  return a * b;
}

}  // namespace

std::string human_duration(std::chrono::milliseconds time) {
  if (time.count() < 0) return "-" + human_duration(-time);
  const auto hundredths = (time.count() + 5) / 10;
  if (hundredths < 6000) return fmt::format("{}.{:02}s", hundredths / 100, hundredths % 100);
  const auto seconds = (time.count() + 500) / 1000;
  if (seconds < 3600) return fmt::format("{}m {}s", seconds / 60, seconds % 60);
  const auto minutes = (seconds + 30) / 60;
  if (minutes < 24 * 60) return fmt::format("{}h {}m", minutes / 60, minutes % 60);
  const auto hours = (minutes + 30) / 60;
  return fmt::format("{}d {}h", hours / 24, hours % 24);
}

std::string human_bytes(std::uint64_t bytes) {
  if (bytes < 1024) return fmt::format("{} B", bytes);
  static constexpr std::array<std::string_view, 6> units{"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  double value = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  for (; value >= 1023.95 && unit + 1 < units.size(); ++unit) value /= 1024;
  return fmt::format("{:.1f} {}", value, units[unit]);
}

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  static constexpr std::array<std::pair<std::string_view, std::uint64_t>, 4> units{
      {{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}}};
  const auto quantity = parse_quantity(text);
  if (!quantity) return std::nullopt;
  for (const auto& [name, factor] : units) {
    if (quantity->unit != name) continue;
    const auto product = multiply(quantity->number, factor, std::chrono::milliseconds::max().count() / 1'000'000);
    if (!product) return std::nullopt;
    return std::chrono::milliseconds(static_cast<std::int64_t>(*product));
  }
  return std::nullopt;
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  constexpr std::string_view units = "KMGT";
  const auto quantity = parse_quantity(text);
  if (!quantity) return std::nullopt;
  if (quantity->unit.empty()) return quantity->number;
  const std::size_t power = units.find(quantity->unit.front());
  if (quantity->unit.size() != 1 || power == std::string_view::npos) return std::nullopt;
  return multiply(quantity->number, std::uint64_t{1} << 10 * (power + 1), UINT64_MAX);
}

}  // namespace xtest
