// SPDX-License-Identifier: Apache-2.0
#include "runner/model/job.h"

#include <algorithm>
#include <array>

namespace xtest {

namespace {

constexpr std::array<std::string_view, 6> kind_names{"build", "check", "list", "fact", "run", "drive"};
constexpr std::array<std::string_view, 2> place_names{"host", "target"};

template <class Enum, std::size_t N>
std::optional<Enum> named(const std::array<std::string_view, N>& names, std::string_view text) {
  const auto found = std::ranges::find(names, text);
  if (found == names.end()) return std::nullopt;
  return static_cast<Enum>(found - names.begin());
}

}  // namespace

std::string_view to_string(JobKind kind) { return kind_names.at(static_cast<std::size_t>(kind)); }
std::string_view to_string(Place place) { return place_names.at(static_cast<std::size_t>(place)); }

std::optional<JobKind> job_kind_from(std::string_view text) { return named<JobKind>(kind_names, text); }
std::optional<Place> place_from(std::string_view text) { return named<Place>(place_names, text); }

}  // namespace xtest
