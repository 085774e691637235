// SPDX-License-Identifier: Apache-2.0
#include "runner/engine/reuse.h"

#include "runner/base/files.h"
#include "runner/base/text.h"
#include "suites/inspect/inspect.h"

#include <algorithm>
#include <charconv>
#include <set>

namespace xtest {
namespace {

// A Windows program's DLLs are looked up by Wine, and those of its toolchain begin with "lib".
std::optional<std::vector<std::string>> read_libraries(const std::filesystem::path& file) {
  const auto bytes = read_file(file);
  if (!bytes) return std::nullopt;
  const auto facts = read_file_facts(std::as_bytes(std::span(*bytes)));
  if (!facts || !facts->dynamic.rpath.empty() || !facts->dynamic.runpath.empty()) return std::nullopt;
  const auto is_foreign = [](const PeImport& dll) { return dll.dll.starts_with("lib"); };
  if (facts->pe && std::ranges::any_of(facts->pe->imports, is_foreign)) return std::nullopt;
  return facts->dynamic.needed;
}

std::optional<std::vector<std::string>> libraries_named_by(const std::filesystem::path& file, KnownLibraries* known) {
  if (!known) return read_libraries(file);
  const auto found = known->find(file);
  return found != known->end() ? found->second : known->emplace(file, read_libraries(file)).first->second;
}

}  // namespace

std::string text_from_passes(std::span<const Observed> passes) {
  std::string text = "passes 1\n";
  for (const Observed& pass : passes) text += std::to_string(pass.duration.count()) + '\n';
  return text;
}

std::optional<std::vector<Observed>> passes_from_text(std::string_view text, std::size_t count) {
  const auto lines = split(text, '\n');
  if (lines.size() != count + 2 || lines.front() != "passes 1" || !lines.back().empty()) return std::nullopt;
  std::vector<Observed> passes;
  for (std::size_t at = 1; at <= count; ++at) {
    std::int64_t micros = 0;
    const char* end = lines[at].data() + lines[at].size();
    if (std::from_chars(lines[at].data(), end, micros).ptr != end || lines[at].empty() || micros < 0) return std::nullopt;
    Observed pass;
    pass.status = Status::pass;
    pass.duration = std::chrono::microseconds(micros);
    passes.push_back(std::move(pass));
  }
  return passes;
}

std::optional<std::vector<std::filesystem::path>> libraries_of(const std::filesystem::path& program,
                                                               std::span<const std::filesystem::path> folders,
                                                               KnownLibraries& known) {
  std::vector<std::filesystem::path> found;
  std::set<std::string> seen;
  std::vector<std::filesystem::path> open{program};
  while (!open.empty()) {
    auto names = libraries_named_by(open.back(), open.back() == program ? nullptr : &known);
    open.pop_back();
    if (!names) return std::nullopt;
    for (const std::string& name : *names) {
      if (!seen.insert(name).second) continue;
      const auto folder = std::ranges::find_if(folders, [&](const auto& one) { return std::filesystem::exists(one / name); });
      if (folder == folders.end()) return std::nullopt;
      found.push_back(*folder / name);
      open.push_back(found.back());
    }
  }
  return found;
}

std::optional<Reuse::Found> Reuse::find(const Unit& unit, Job job, std::size_t cases) {
  const auto key = this->key(unit, std::move(job));
  const auto text = key ? cache_->find_text(*key) : std::nullopt;
  auto passes = text ? passes_from_text(*text, cases) : std::nullopt;
  if (!passes) return std::nullopt;
  return Found{*key, std::move(*passes)};
}

void Reuse::keep(const Unit& unit, Job job, const Collector& seen) {
  if (!seen.all_passed()) return;
  if (const auto key = this->key(unit, std::move(job))) cache_->store_text(*key, seen.passes_as_text());
}

std::optional<std::string> Reuse::key(const Unit& unit, Job job) {
  if (!cache_ || job.place != Place::target || job.inputs.empty()) return std::nullopt;
  if (!unit.result_files.empty()) return std::nullopt;   // they are wanted of this run
  const PreparedTarget& target = targets_[plan_.stream_target[unit.stream]];
  const auto libraries = libraries_of(job.inputs.front(), target.library_folders, known_libraries_);
  if (!libraries) return std::nullopt;
  job.inputs.insert(job.inputs.end(), libraries->begin(), libraries->end());
  job.tool_identity = plan_.streams[unit.stream].executor_identity + " " XTEST_VERSION;
  return cache_->key(job, work_);
}

}  // namespace xtest
