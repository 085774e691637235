// SPDX-License-Identifier: Apache-2.0
#include "emulators/diagnosis/unwind.h"

#include <cxxabi.h>
#include <elfutils/libdwfl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <set>

namespace xtest {
namespace {

constexpr std::size_t kMostFrames = 64;

int find_no_elf(Dwfl_Module*, void**, const char*, Dwarf_Addr, char**, Elf**) { return -1; }

std::string demangled(const std::string& name) {
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> text(abi::__cxa_demangle(name.c_str(), nullptr, nullptr, &status), &std::free);
  return status == 0 ? text.get() : name;
}

bool is_code(const SeenProcess& process, std::uint64_t address) {
  const Mapping* map = process.mapping(address);
  return map && map->perms.contains('x');
}

// One thread, as libdw asks for it.
struct Walk {
  const Architecture& arch;
  const SeenProcess& process;
  const Registers& registers;
  std::vector<std::pair<std::uint64_t, bool>> found;   // address, is it a return address
};

std::uint64_t value(const Registers& registers, const std::string& name) {
  const auto known = registers.find(name);
  return known == registers.end() ? 0 : known->second;
}

pid_t next_thread(Dwfl*, void* walk, void** thread) {
  const bool is_first = *thread == nullptr;
  *thread = walk;
  return is_first ? 1 : 0;
}

bool read_memory(Dwfl*, Dwarf_Addr address, Dwarf_Word* result, void* walk) {
  const auto& of = *static_cast<Walk*>(walk);
  const auto word = of.process.read(address, of.arch.width, of.arch.big_endian);
  if (word) *result = *word;
  return word.has_value();
}

bool set_registers(Dwfl_Thread* thread, void* walk) {
  const auto& of = *static_cast<Walk*>(walk);
  std::vector<Dwarf_Word> words;
  for (const std::string& name : of.arch.dwarf) words.push_back(value(of.registers, name));
  if (!dwfl_thread_state_registers(thread, 0, static_cast<unsigned>(words.size()), words.data())) return false;
  const Dwarf_Word link = value(of.registers, of.arch.link);
  if (of.arch.link_in_dwarf >= 0 && !dwfl_thread_state_registers(thread, of.arch.link_in_dwarf, 1, &link)) return false;
  dwfl_thread_state_register_pc(thread, value(of.registers, of.arch.pc));
  return true;
}

int take_frame(Dwfl_Frame* frame, void* walk) {
  auto& of = *static_cast<Walk*>(walk);
  Dwarf_Addr pc = 0;
  bool is_active = false;
  if (!dwfl_frame_pc(frame, &pc, &is_active) || pc == 0) return DWARF_CB_ABORT;
  of.found.emplace_back(pc, !is_active);
  return of.found.size() < kMostFrames ? DWARF_CB_OK : DWARF_CB_ABORT;
}

int take_thread(Dwfl_Thread* thread, void* walk) {
  dwfl_thread_getframes(thread, take_frame, walk);
  return DWARF_CB_ABORT;
}

// The way of programs that keep a frame pointer; the caller in the link register comes first.
void walk_frame_pointers(Walk& walk) {
  const Architecture& arch = walk.arch;
  const auto width = static_cast<std::uint64_t>(arch.width);
  const std::uint64_t link = value(walk.registers, arch.link);
  if (!arch.link.empty() && is_code(walk.process, link)) walk.found.emplace_back(link, true);
  std::uint64_t frame = value(walk.registers, arch.frame);
  const bool is_below = arch.name == "riscv64";   // the pair lies below the frame pointer
  while (!arch.frame.empty() && frame != 0 && walk.found.size() < kMostFrames) {
    const std::uint64_t pair = is_below ? frame - 2 * width : frame;
    const auto next = walk.process.read(pair, arch.width, arch.big_endian);
    const auto caller = walk.process.read(pair + width, arch.width, arch.big_endian);
    if (!next || !caller || !is_code(walk.process, *caller)) return;
    if (*caller != walk.found.back().first) walk.found.emplace_back(*caller, true);
    if (*next <= frame) return;
    frame = *next;
  }
}

// The vDSO is in no file. On i686 every system call is made there, behind `push ecx; push edx; push ebp`.
bool leave_vdso(const Architecture& arch, const SeenProcess& process, Registers& registers) {
  const Mapping* map = process.mapping(value(registers, arch.pc));
  if (arch.name != "i686" || !map || map->path != "[vdso]") return false;
  const std::uint64_t sp = value(registers, arch.sp);
  const auto frame = process.read(sp, 4, false), caller = process.read(sp + 12, 4, false);
  if (!frame || !caller || !is_code(process, *caller)) return false;
  registers["ebp"] = *frame;
  registers["eip"] = *caller;
  registers["esp"] = sp + 16;
  return true;
}

}  // namespace

struct Unwinder::Files {
  Files(const Architecture& architecture, const SeenProcess& seen) : arch(architecture), process(seen) {
    callbacks.find_elf = find_no_elf;
    callbacks.find_debuginfo = dwfl_standard_find_debuginfo;
    dwfl = dwfl_begin(&callbacks);
    if (!dwfl) return;
    dwfl_report_begin(dwfl);
    std::set<std::string> known;
    for (const Mapping& map : process.maps) {
      std::error_code error;
      if (map.offset != 0 || !map.path.starts_with('/') || !known.insert(map.path).second) continue;
      if (!std::filesystem::is_regular_file(map.path, error)) continue;
      dwfl_report_elf(dwfl, map.path.c_str(), map.path.c_str(), -1, map.start, false);
    }
    dwfl_report_end(dwfl, nullptr, nullptr);
  }
  ~Files() { if (dwfl) dwfl_end(dwfl); }

  const Architecture& arch;
  const SeenProcess& process;
  Dwfl_Callbacks callbacks{};
  Dwfl* dwfl = nullptr;
};

Unwinder::Unwinder(const Architecture& arch, const SeenProcess& process) : files_(std::make_unique<Files>(arch, process)) {}
Unwinder::~Unwinder() = default;

std::vector<Frame> Unwinder::frames(const Registers& registers, std::size_t most) {
  static const Dwfl_Thread_Callbacks callbacks{next_thread, nullptr, read_memory, set_registers, nullptr, nullptr};
  Files& files = *files_;
  Registers from = registers;
  std::vector<Frame> frames;
  const std::uint64_t pc = value(from, files.arch.pc);
  if (!is_code(files.process, pc)) {   // it was called there: the caller is known, the frame is its own
    frames.push_back(frame(pc, false));
    const auto top = files.process.read(value(from, files.arch.sp), files.arch.width, files.arch.big_endian);
    from[files.arch.pc] = files.arch.link.empty() ? top.value_or(0) : value(from, files.arch.link);
    if (files.arch.link.empty()) from[files.arch.sp] += static_cast<std::uint64_t>(files.arch.width);
    if (!is_code(files.process, from[files.arch.pc])) return frames;
  }
  if (leave_vdso(files.arch, files.process, from)) frames.push_back(frame(pc, false));
  Walk walk{files.arch, files.process, from, {}};
  // libdw attaches once and for all to what it is given: one Dwfl a thread.
  Files own(files.arch, files.process);
  if (own.dwfl && dwfl_attach_state(own.dwfl, nullptr, 1, &callbacks, &walk)) dwfl_getthreads(own.dwfl, take_thread, &walk);
  if (walk.found.empty()) walk.found.emplace_back(from[files.arch.pc], false);
  if (walk.found.size() == 1) walk_frame_pointers(walk);
  for (std::size_t at = 0; at < walk.found.size() && frames.size() < most; ++at)
    frames.push_back(frame(walk.found[at].first, walk.found[at].second || (at == 0 && !frames.empty())));
  return frames;
}

Frame Unwinder::frame(std::uint64_t pc, bool is_return_address) {
  Frame frame;
  frame.pc = pc;
  if (const Mapping* map = files_->process.mapping(pc)) {
    frame.module = std::filesystem::path(map->path).filename();
    frame.offset = pc - map->start + map->offset;
  }
  const std::uint64_t at = is_return_address ? pc - 1 : pc;
  Dwfl_Module* module = files_->dwfl ? dwfl_addrmodule(files_->dwfl, at) : nullptr;
  if (!module) return frame;
  GElf_Off offset = 0;
  GElf_Sym symbol;
  const char* name = dwfl_module_addrinfo(module, at, &offset, &symbol, nullptr, nullptr, nullptr);
  if (name) {
    frame.function = demangled(std::string(name).substr(0, std::string_view(name).find('@')));
    frame.offset = offset + (pc - at);
  }
  int line = 0;
  if (Dwfl_Line* found = dwfl_module_getsrc(module, at)) {
    if (const char* file = dwfl_lineinfo(found, nullptr, &line, nullptr, nullptr, nullptr))
      frame.source = fmt::format("{}:{}", std::filesystem::path(file).filename().string(), line);
  }
  return frame;
}

std::optional<Unwinder::InFile> Unwinder::in_file(std::uint64_t pc) {
  Dwfl_Module* module = files_->dwfl ? dwfl_addrmodule(files_->dwfl, pc) : nullptr;
  GElf_Addr bias = 0;
  if (!module || !dwfl_module_getelf(module, &bias)) return std::nullopt;
  const char* path = dwfl_module_info(module, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr);
  return InFile{path ? path : "", pc - bias, bias};
}

std::string to_text(const Frame& frame) {
  if (frame.function.empty() && frame.module.empty()) return fmt::format("{:#x}", frame.pc);
  const std::string& of = frame.function.empty() ? frame.module : frame.function;
  const std::string where = !frame.source.empty() ? frame.source : frame.function.empty() ? "" : frame.module;
  return fmt::format("{}+{:#x}{}", of, frame.offset, where.empty() ? "" : " (" + where + ")");
}

}  // namespace xtest
