// SPDX-License-Identifier: Apache-2.0
#include "emulators/diagnosis/pe_module.h"

#include "runner/base/files.h"
#include "runner/base/process.h"
#include "runner/base/text.h"

#include <fmt/format.h>

namespace xtest {
namespace {

constexpr std::uint64_t kNewHeader = 0x3c, kImageBase = 24 + 24;   // from the signature: COFF header, then PE32+'s field

std::optional<std::uint64_t> image_base(const std::string& file) {
  SeenProcess bytes;
  bytes.memory.emplace_back(0, read_file(file).value_or("").substr(0, 4096));
  const auto header = bytes.read(kNewHeader, 4, false);
  if (!bytes.memory[0].second.starts_with("MZ") || !header) return std::nullopt;
  return bytes.read(*header + kImageBase, 8, false);
}

}  // namespace

std::optional<Unwinder::InFile> in_pe_file(const SeenProcess& process, std::uint64_t pc) {
  const Mapping* map = process.mapping(pc);
  if (!map || !map->path.starts_with('/')) return std::nullopt;
  const auto base = image_base(map->path);
  if (!base) return std::nullopt;
  const std::uint64_t bias = map->start - map->offset - *base;
  return Unwinder::InFile{map->path, pc - bias, bias};
}

Task<std::string> name_in_pe_file(std::filesystem::path objdump, Unwinder::InFile place) {
  std::string tool = objdump.filename();
  const auto at = tool.find("objdump");
  if (at == tool.npos) co_return std::string();
  tool.replace(at, 7, "addr2line");
  ProcessSpec spec;
  spec.argv = {objdump.parent_path() / tool, "-f", "-C", "-e", place.path, fmt::format("{:#x}", place.address)};
  spec.env = clean_environment();
  spec.limit = std::chrono::seconds(20);
  const Completion done = co_await run_process(std::move(spec));
  const auto lines = split(done.out.text, '\n');
  if (!exited_with(done, 0) || lines.size() < 2 || lines[0].starts_with("??")) co_return std::string();
  std::string source = std::filesystem::path(lines[1].substr(0, lines[1].find(' '))).filename();
  co_return std::string(lines[0]) + (source.starts_with('?') ? "" : " (" + source + ")");
}

}  // namespace xtest
