// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

#include "runner/base/error.h"
#include "runner/base/random.h"
#include "runner/base/text.h"
#include "runner/record/record.h"

namespace xtest {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr std::size_t ulid_length = 26;
constexpr std::size_t named_candidates = 5;

bool is_ulid(std::string_view name) {
  return name.size() == ulid_length && name.find_first_not_of(crockford) == name.npos;
}

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return out;
}

std::string names_of(const std::vector<fs::path>& runs) {
  std::vector<std::string> names;
  for (auto run = runs.rbegin(); run != runs.rend() && names.size() < named_candidates; ++run)
    names.push_back(run->filename().string());
  std::string out = join(names, ", ");
  if (runs.size() > names.size()) out += fmt::format(" and {} older", runs.size() - names.size());
  return out;
}

/// N of `latest~N`, 0 for `latest`, nothing for other names.
std::optional<std::size_t> steps_back(std::string_view name) {
  constexpr std::string_view latest = "latest";
  if (name == latest) return 0;
  if (!name.starts_with(latest) || name.substr(latest.size(), 1) != "~") return std::nullopt;
  const std::string_view digits = name.substr(latest.size() + 1);
  std::size_t steps = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), steps);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return steps;
}

}  // namespace

std::string new_ulid() {
  using namespace std::chrono;
  std::array<unsigned char, 16> bytes{};
  fill_random(bytes);
  auto now = static_cast<std::uint64_t>(duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count());
  std::string out(ulid_length, '0');
  for (std::size_t i = 10; i-- > 0; now >>= 5) out[i] = crockford[now & 31];
  for (std::size_t i = 0; i < bytes.size(); ++i) out[10 + i] = crockford[bytes[i] & 31];
  return out;
}

std::vector<fs::path> list_runs(const fs::path& runs) {
  std::vector<fs::path> out;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(runs, error)) {
    std::error_code ignored;
    if (is_ulid(entry.path().filename().string()) && fs::exists(entry.path() / "events.jsonl", ignored))
      out.push_back(entry.path());
  }
  std::ranges::sort(out);
  return out;
}

fs::path find_run(const fs::path& runs, std::string_view name) {
  const auto all = list_runs(runs);
  if (all.empty())
    throw Error(ErrorKind::usage, fmt::format("there is no run in {}", runs.string()), "make one with xtest run");
  if (const auto steps = steps_back(name)) {
    if (*steps < all.size()) return all[all.size() - 1 - *steps];
    throw Error(ErrorKind::usage,
                fmt::format("{} goes back too far: {} holds {} runs", name, runs.string(), all.size()),
                fmt::format("the runs are {}", names_of(all)));
  }
  std::vector<fs::path> matches;
  const std::string prefix = upper(name);
  for (const auto& run : all)
    if (!prefix.empty() && run.filename().string().starts_with(prefix)) matches.push_back(run);
  if (matches.size() == 1) return matches.front();
  if (matches.empty())
    throw Error(ErrorKind::usage, fmt::format("no run in {} begins with '{}'", runs.string(), name),
                fmt::format("the runs are {}", names_of(all)));
  throw Error(ErrorKind::usage, fmt::format("'{}' fits {} runs", name, matches.size()),
              fmt::format("write more of the id of one of {}", names_of(matches)));
}

}  // namespace xtest
