// SPDX-License-Identifier: Apache-2.0
#include "runner/store/action_cache.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>
#include <unordered_set>

#include "runner/base/error.h"
#include "runner/base/files.h"
#include "runner/base/hash.h"
#include "runner/base/log.h"
#include "runner/base/text.h"
#include "runner/store/depfile.h"
#include "runner/store/paths.h"
#include "runner/store/prune.h"

namespace xtest {

namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr int entry_version = 2;
constexpr std::string_view work_sign = "${work}";
constexpr std::size_t most_entries = 8;               // of one key
constexpr std::chrono::milliseconds clock_tick{100};  // a file this young may change again without a new mtime

bool continues_name(char c) {
  return c == '_' || c == '-' || c == '.' || (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

/// `text` with the run's folder replaced, in a form that any JSON can hold.
std::string portable(std::string_view text, const fs::path& work) {
  const std::string& folder = work.native();
  std::string out;
  std::size_t at = 0;
  while (!folder.empty() && at < text.size()) {
    const std::size_t found = text.find(folder, at);
    if (found == text.npos) break;
    const std::size_t end = found + folder.size();
    const bool whole = end == text.size() || !continues_name(text[end]);
    out += text.substr(at, found - at);
    out += whole ? work_sign : std::string_view(folder);
    at = end;
  }
  out += text.substr(at);
  return percent_encode_id(out);
}

std::string local(const std::string& text, const fs::path& work) {
  std::string path = percent_decode_id(text).value_or(text);
  if (!path.starts_with(work_sign)) return path;
  return work.native() + path.substr(work_sign.size());
}

std::string argument_text(const Argument& argument) {
  if (const auto* path = std::get_if<PathRef>(&argument)) return "@" + path->host.string();
  return std::get<std::string>(argument);
}

std::int64_t nanoseconds(const timespec& time) { return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec; }

std::int64_t nanoseconds(fs::file_time_type time) {
  if (time == fs::file_time_type::max()) return std::numeric_limits<std::int64_t>::max();
  const auto since_1970 = fs::file_time_type::clock::to_sys(time).time_since_epoch();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(since_1970).count();
}

bool may_still_change(std::int64_t mtime_ns) {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return nanoseconds(now) - mtime_ns < std::chrono::nanoseconds(clock_tick).count();
}

/// For the order of disposal.
void touch(const fs::path& path) { ::utimensat(AT_FDCWD, path.c_str(), nullptr, 0); }

}  // namespace

struct ActionCache::Entry {
  struct Dependency {
    std::string path, digest;
    bool operator==(const Dependency&) const = default;
  };
  struct Product {
    std::string digest;
    std::uint64_t size = 0;
    bool executable = false;
  };
  std::vector<Dependency> dependencies;
  std::vector<Product> products;

  json to_json() const {
    json out{{"deps", json::array()}, {"outputs", json::array()}};
    for (const auto& [path, digest] : dependencies) out["deps"].push_back({path, digest});
    for (const auto& [digest, size, executable] : products) out["outputs"].push_back({digest, size, executable});
    return out;
  }

  // Throws json::exception.
  static Entry from_json(const json& in) {
    Entry entry;
    for (const auto& dep : in.at("deps")) entry.dependencies.push_back({dep.at(0), dep.at(1)});
    for (const auto& out : in.at("outputs")) entry.products.push_back({out.at(0), out.at(1), out.at(2)});
    return entry;
  }

  bool is_sound() const {
    return std::ranges::all_of(products, [](const Product& product) {
      return product.digest.size() == 64 && product.digest.find_first_not_of("0123456789abcdef") == std::string::npos;
    });
  }
};

ActionCache::ActionCache(fs::path root, std::uint64_t max_bytes)
    : root_(std::move(root)), max_bytes_(max_bytes), content_(root_ / "cas") {}

fs::path ActionCache::file_of(const std::string& key, const char* ending) const {
  return root_ / "actions" / key.substr(0, 1) / (key + ending);
}

// A damaged file has none.
std::vector<ActionCache::Entry> ActionCache::entries_in(const fs::path& file) {
  const auto text = read_file(file);
  if (!text) return {};
  const json in = json::parse(*text, nullptr, false);
  try {
    if (in.at("version") != entry_version) return {};
    std::vector<Entry> entries;
    for (const json& entry : in.at("entries")) entries.push_back(Entry::from_json(entry));
    return std::ranges::all_of(entries, &Entry::is_sound) ? entries : std::vector<Entry>{};
  } catch (const json::exception& error) {
    log_info("cache", "{} is damaged: {}", file.string(), error.what());
    return {};
  }
}

// Two processes that write the same file at once: one's entry is lost and made again one day.
int ActionCache::write_entries(const fs::path& file, const std::vector<Entry>& entries) {
  if (entries.empty()) return ::unlink(file.c_str()) == 0 || errno == ENOENT ? 0 : errno;
  json out{{"version", entry_version}, {"entries", json::array()}};
  for (const Entry& entry : entries) out["entries"].push_back(entry.to_json());
  return write_file(file, out.dump());
}

std::optional<std::string> ActionCache::key(const Job& job, const fs::path& work) {
  json out{{"version", entry_version},
           {"kind", to_string(job.kind)},
           {"tool", percent_encode_id(job.tool_identity)},
           {"cwd", portable(job.command.cwd.native(), work)}};
  for (const auto& argument : job.command.argv) out["argv"].push_back(portable(argument_text(argument), work));
  std::set<std::string> env;
  for (const auto& variable : job.command.env) env.insert(portable(variable, work));
  out["env"] = env;
  for (const auto& product : job.outputs) out["outputs"].push_back(portable(product.native(), work));
  try {
    for (const auto& input : job.inputs) out["inputs"].push_back({portable(input.native(), work), digest(input)});
  } catch (const Error&) {
    return std::nullopt;
  }
  return sha256_hex(out.dump());
}

bool ActionCache::restore(const std::string& key, const Job& job, const fs::path& work) {
  const fs::path file = file_of(key, ".json");
  std::vector<Entry> entries = entries_in(file);
  const auto current = std::ranges::find_if(entries, [&](const Entry& entry) { return is_current(entry, work); });
  if (current != entries.end() && bring_back(*current, job)) {
    touch(file);
    return true;
  }
  if (current != entries.end()) entries.erase(current);
  if (current != entries.end() || entries.empty()) write_entries(file, entries);
  return false;
}

bool ActionCache::is_current(const Entry& entry, const fs::path& work) {
  return std::ranges::all_of(entry.dependencies, [&](const Entry::Dependency& dependency) {
    try {
      const std::string path = local(dependency.path, work);
      return digest(path, look_at(path)) == dependency.digest;
    } catch (const Error&) {
      return false;
    }
  });
}

bool ActionCache::bring_back(const Entry& entry, const Job& job) {
  if (entry.products.size() != job.outputs.size()) return false;
  for (std::size_t i = 0; i < job.outputs.size(); ++i) {
    const Entry::Product& product = entry.products[i];
    if (!content_.get(product.digest, product.size, job.outputs[i], product.executable)) return false;
  }
  return true;
}

void ActionCache::store(const std::string& key, const Job& job, const fs::path& work, fs::file_time_type begun) {
  try {
    auto entry = describe(job, work, begun);
    const fs::path file = file_of(key, ".json");
    if (!entry || !prepare(file.parent_path())) return;
    for (std::size_t i = 0; i < job.outputs.size(); ++i) {
      if (!content_.put(job.outputs[i], entry->products[i].digest)) return warn_once("a product could not be copied");
      stored_ += entry->products[i].size;
    }
    std::vector<Entry> entries = entries_in(file);
    std::erase_if(entries, [&](const Entry& known) { return known.dependencies == entry->dependencies; });
    entries.insert(entries.begin(), std::move(*entry));
    if (entries.size() > most_entries) entries.resize(most_entries);
    if (const int error = write_entries(file, entries)) warn_once(std::strerror(error));
  } catch (const std::exception& error) {
    warn_once(error.what());
  }
}

/// Nothing if an output or the depfile is not there: then nobody knows what the result depends on.
std::optional<ActionCache::Entry> ActionCache::describe(const Job& job, const fs::path& work, fs::file_time_type begun) {
  Entry entry;
  for (const fs::path& output : job.outputs) {
    std::error_code error;
    const auto mode = fs::status(output, error).permissions();
    if (error || !fs::is_regular_file(output)) return std::nullopt;
    const bool executable = (mode & fs::perms::owner_exec) != fs::perms::none;
    entry.products.push_back({digest(output), fs::file_size(output), executable});
  }
  const std::int64_t begun_ns = nanoseconds(begun);
  std::unordered_set<std::string> known;
  for (const fs::path& input : job.inputs) {
    if (look_at(input.native()).mtime_ns >= begun_ns) return std::nullopt;
    known.insert(input.lexically_normal().native());
  }
  const fs::path base = job.command.cwd.empty() ? work : job.command.cwd;
  for (const fs::path& depfile : {job.depfile, job.link_depfile}) {
    if (depfile.empty()) continue;
    const auto text = read_file(depfile);
    if (!text) return std::nullopt;
    for (const std::string& name : parse_depfile(*text)) {
      const std::string path = name.starts_with('/') ? normal(name) : (base / name).lexically_normal().native();
      // A compiler that also links removes the object that its linker read.
      if (depfile == job.link_depfile && !fs::exists(path)) continue;
      if (!known.insert(path).second) continue;
      const Seen seen = look_at(path);
      if (seen.mtime_ns >= begun_ns) return std::nullopt;
      entry.dependencies.push_back({portable(path, work), digest(path, seen)});
    }
  }
  return entry;
}

std::optional<std::string> ActionCache::find_text(const std::string& key) {
  const fs::path file = file_of(key, ".text");
  const auto content = read_file(file);
  if (!content) return std::nullopt;
  const std::size_t line = content->find('\n');
  std::string text = line == content->npos ? std::string() : content->substr(line + 1);
  if (content->substr(0, line) != sha256_hex(text)) {
    log_warning("cache", "{} is damaged and was dropped", file.string());
    std::error_code ignored;
    fs::remove(file, ignored);
    return std::nullopt;
  }
  touch(file);
  return text;
}

void ActionCache::store_text(const std::string& key, std::string_view text) {
  const fs::path file = file_of(key, ".text");
  if (!prepare(file.parent_path())) return;
  const int error = write_file(file, fmt::format("{}\n{}", sha256_hex(text), text));
  if (error != 0) warn_once(std::strerror(error));
  stored_ += text.size();
}

bool ActionCache::prepare(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error)
    warn_once(error.message());
  else
    tag_as_cache(root_);
  return !error;
}

void ActionCache::warn_once(std::string_view why) {
  if (!warned_.exchange(true)) log_warning("cache", "results cannot be stored in {}: {}", root_.string(), why);
}

// Compilers name the same few hundred headers and libraries again and again.
std::string ActionCache::normal(const std::string& name) {
  const std::lock_guard guard(mutex_);
  std::string& path = normal_[name];
  if (path.empty()) path = fs::path(name).lexically_normal().native();
  return path;
}

ActionCache::Seen ActionCache::look_at(const std::string& file) {
  struct stat facts {};
  if (::stat(file.c_str(), &facts) != 0 || !S_ISREG(facts.st_mode))
    throw Error(ErrorKind::usage, fmt::format("cannot read the file {}", file));
  return {static_cast<std::uint64_t>(facts.st_size), nanoseconds(facts.st_mtim), facts.st_ino};
}

std::string ActionCache::digest(const fs::path& file) { return digest(file.native(), look_at(file.native())); }

std::string ActionCache::digest(const std::string& file, const Seen& seen) {
  {
    const std::lock_guard guard(mutex_);
    const auto known = digests_.find(file);
    if (known != digests_.end() && known->second.seen == seen) return known->second.digest;
  }
  std::string digest;
  try {
    digest = sha256_file(file);
  } catch (const Error& error) {
    throw Error(ErrorKind::usage, error.what());
  }
  if (may_still_change(seen.mtime_ns)) return digest;
  const std::lock_guard guard(mutex_);
  digests_[file] = {seen, digest};
  return digest;
}

void ActionCache::prune() {
  if (stored_ > 0) prune_cache(root_, max_bytes_, stored_);
}

}  // namespace xtest
