// SPDX-License-Identifier: Apache-2.0
#include "targets/identity_cache.h"

#include "runner/base/hash.h"
#include "runner/base/log.h"
#include "runner/base/process.h"

#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include <nlohmann/json.hpp>

namespace xtest {

namespace {

std::string file_stamp(const std::filesystem::path& file) {
  struct stat facts {};
  if (::stat(file.c_str(), &facts) != 0) return {};
  return fmt::format("{} {} {}.{:09}", file.string(), facts.st_size, facts.st_mtim.tv_sec, facts.st_mtim.tv_nsec);
}

bool is_script(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  char head[2] = {};
  return in.read(head, 2) && head[0] == '#' && head[1] == '!';
}

}  // namespace

std::string tool_stamp(const std::filesystem::path& program, std::string_view path) {
  auto stamp = file_stamp(program);
  if (stamp.empty() || !is_script(program)) return stamp;
  for (const auto* name : {"cc", "gcc"}) {
    if (const auto started = find_program(name, path)) stamp += '\n' + file_stamp(*started);
  }
  return stamp;
}

IdentityCache::IdentityCache(std::filesystem::path folder) : folder_(std::move(folder)) {}

std::optional<Answer> IdentityCache::find(std::string_view stamp, std::string_view question) const {
  std::ifstream in(file(stamp, question));
  if (!in) return std::nullopt;
  const auto text = nlohmann::json::parse(in, nullptr, false);
  if (!text.is_object() || text.value("stamp", "") != stamp || text.value("question", "") != question)
    return std::nullopt;
  const auto answer = text.find("answer");
  if (answer == text.end() || !answer->is_object()) return std::nullopt;
  Answer result;
  for (const auto& [key, value] : answer->items()) {
    if (!value.is_string()) return std::nullopt;
    result[key] = value.get<std::string>();
  }
  return result;
}

void IdentityCache::keep(std::string_view stamp, std::string_view question, const Answer& answer) const {
  const nlohmann::json content{{"stamp", stamp}, {"question", question}, {"answer", answer}};
  const auto wanted = file(stamp, question);
  const auto other = wanted.string() + "." + std::to_string(::getpid());
  std::error_code error;
  std::filesystem::create_directories(folder_, error);
  std::ofstream out(other, std::ios::trunc);
  out << content.dump(1, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
  out.close();
  if (out) std::filesystem::rename(other, wanted, error);
  if (out && !error) return;
  log_info("toolchain", "cannot keep {}: {}", wanted.string(), error.message());
  std::filesystem::remove(other, error);
}

std::filesystem::path IdentityCache::file(std::string_view stamp, std::string_view question) const {
  const auto program = stamp.substr(0, stamp.find(' '));
  return folder_ / (sha256_hex(std::string(program) + '\n' + std::string(question)).substr(0, 32) + ".json");
}

}  // namespace xtest
