// SPDX-License-Identifier: Apache-2.0
#include "emulators/diagnosis/report.h"

#include "runner/base/text.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <filesystem>

namespace xtest {
namespace {

std::uint64_t number(std::string_view text, int base) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value, base);
  return value;
}

std::string bytes_of(std::string_view hex) {
  std::string bytes;
  for (std::size_t at = 0; at + 1 < hex.size(); at += 2) bytes += static_cast<char>(number(hex.substr(at, 2), 16));
  return bytes;
}

// Takes the first word off; several blanks may be between.
std::string_view word(std::string_view& line) {
  const auto end = line.find(' ');
  const std::string_view first = line.substr(0, end);
  line.remove_prefix(std::min(line.size(), first.size()));
  while (line.starts_with(' ')) line.remove_prefix(1);
  return first;
}

class Reader {
 public:
  LookReport report;

  void line(std::string_view line) {
    const std::string_view kind = word(line);
    if (kind == "machine") report.machine = line;
    else if (kind == "file" || kind == "overlay") place(kind == "file", line);
    else if (kind == "process") report.processes.emplace_back().pid = static_cast<int>(number(line, 10));
    else if (!report.processes.empty()) of_process(kind, line);
  }

 private:
  void place(bool is_file, std::string_view line) {
    const auto tab = line.find('\t');
    if (tab == line.npos) return;
    auto& known = is_file ? files_ : overlays_;
    known.emplace_back(line.substr(0, tab), line.substr(tab + 1));
  }

  std::string here(const std::string& there) const {
    for (const auto& [name, file] : files_) {
      if (name == there) return file;
    }
    for (const auto& [target, lower] : overlays_) {
      const std::string below = there.starts_with(target + "/") ? lower + there.substr(target.size()) : "";
      if (!below.empty() && std::filesystem::exists(below)) return below;
    }
    return there;
  }

  void of_process(std::string_view kind, std::string_view line) {
    SeenProcess& process = report.processes.back();
    if (kind == "map") {
      Mapping map;
      const std::string_view range = word(line);
      map.start = number(range, 16);
      map.end = number(range.substr(std::min(range.find('-') + 1, range.size())), 16);
      map.perms = word(line);
      map.offset = number(word(line), 16);
      map.path = here(std::string(line));
      process.maps.push_back(std::move(map));
    } else if (kind == "memory") {
      const std::uint64_t address = number(word(line), 16);
      process.memory.emplace_back(address, bytes_of(line));
    } else if (kind == "thread") {
      SeenThread& thread = process.threads.emplace_back();
      thread.tid = static_cast<int>(number(word(line), 10));
      thread.state = (std::string(word(line)) + "?").front();
      thread.wchan = word(line);
      thread.cpu_ms = number(word(line), 10);
      thread.syscall = word(line);
      thread.name = line;
    } else if (!process.threads.empty()) {
      of_thread(process.threads.back(), kind, line);
    }
  }

  static void of_thread(SeenThread& thread, std::string_view kind, std::string_view line) {
    if (kind == "kernel") {
      thread.kernel.emplace_back(line);
    } else if (kind == "signal") {
      const std::string first(word(line)), second(word(line));
      thread.signal = SeenSignal{std::atoi(first.c_str()), std::atoi(second.c_str()), number(line, 16)};
    } else if (kind == "exception") {
      SeenException seen;
      seen.code = static_cast<std::uint32_t>(number(word(line), 16));
      seen.address = number(word(line), 16);
      seen.how = word(line);
      seen.touched = number(line, 16);
      thread.exception = seen;
    } else if (kind == "registers") {
      thread.raw_registers = bytes_of(line);
    } else if (kind == "register") {
      const std::string name(word(line));
      thread.registers[name] = number(line, 16);
    } else if (kind == "frame") {
      const std::uint64_t address = number(word(line), 16);
      thread.frames.emplace_back(address, line);
    } else if (kind == "tls") {
      thread.registers["tls"] = number(line, 16);
    }
  }

  std::vector<std::pair<std::string, std::string>> files_, overlays_;
};

}  // namespace

const Mapping* SeenProcess::mapping(std::uint64_t address) const {
  const auto found = std::ranges::find_if(maps, [&](const Mapping& map) { return map.start <= address && address < map.end; });
  return found == maps.end() ? nullptr : &*found;
}

std::optional<std::uint64_t> SeenProcess::read(std::uint64_t address, int width, bool big_endian) const {
  for (const auto& [start, bytes] : memory) {
    if (address < start || address - start >= bytes.size() || bytes.size() - (address - start) < static_cast<std::size_t>(width)) continue;
    std::uint64_t value = 0;
    for (int i = 0; i < width; ++i) {
      const int at = big_endian ? i : width - 1 - i;
      value = value << 8 | static_cast<unsigned char>(bytes[address - start + static_cast<std::size_t>(at)]);
    }
    return value;
  }
  return std::nullopt;
}

LookReport parse_look(std::string_view look) {
  Reader reader;
  for (const std::string_view line : split(look, '\n')) reader.line(line);
  return std::move(reader.report);
}

}  // namespace xtest
