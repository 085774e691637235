// SPDX-License-Identifier: Apache-2.0
#include "emulators/diagnosis/explain.h"

#include "emulators/diagnosis/instruction.h"
#include "emulators/diagnosis/pe_module.h"
#include "emulators/diagnosis/unwind.h"
#include "runner/base/process.h"
#include "runner/base/signals.h"
#include "runner/base/text.h"

#include <fmt/format.h>

#include <algorithm>

namespace xtest {
namespace {

constexpr std::size_t kMostFrames = 16, kMostHungFrames = 8, kMostThreads = 16, kMostText = 12u << 10;
constexpr std::uint64_t kZeroPage = 4096, kNearStack = 1u << 20;

struct Code { const char* signal; int code; const char* meaning; };
constexpr Code kCodes[] = {
    {"SEGV", 1, "nothing is mapped there"},   {"SEGV", 2, "the memory there does not allow it"},
    {"SEGV", 128, "the processor tells no address: a privileged instruction, or an address that cannot be"},
    {"BUS", 1, "it is misaligned"},           {"BUS", 2, "there is no such memory: beyond the end of a mapped file"},
    {"ILL", 1, "illegal opcode"},             {"ILL", 2, "illegal operand"},
    {"FPE", 1, "integer division by zero"},   {"FPE", 2, "integer overflow"},
    {"FPE", 3, "floating-point division by zero"}, {"TRAP", 1, "a breakpoint"},
};

std::string signal_line(const SeenSignal& seen) {
  const std::string name = signal_name(seen.number);
  if (seen.code <= 0) return fmt::format("SIG{}, sent by the program itself (abort, raise, kill)", name);
  const auto known = std::ranges::find_if(kCodes, [&](const Code& code) { return name == code.signal && seen.code == code.code; });
  const std::string meaning = known == std::end(kCodes) ? fmt::format("code {}", seen.code) : known->meaning;
  return fmt::format("SIG{} at {:#x}: {}", name, seen.address, meaning);
}

// What lies at an address that was touched.
std::string place_of(const SeenProcess& process, std::uint64_t address, std::uint64_t sp) {
  const Mapping* at = process.mapping(address);
  const auto above = std::ranges::find_if(process.maps, [&](const Mapping& map) { return map.start > address; });
  const bool is_closed = !at || at->perms.starts_with("---");
  const bool is_near_sp = address + kNearStack > sp && address < sp + kNearStack;
  if (is_closed && is_near_sp && above != process.maps.end() && above->start - address < kNearStack && above->perms.starts_with("rw"))
    return fmt::format("stack overflow: the stack ends at {:#x}", above->start);
  if (address < kZeroPage) return "a null pointer, or a field of one";
  if (!at) return "";
  return fmt::format("in {} ({})", at->path.empty() ? "memory of its own" : std::filesystem::path(at->path).filename().string(), at->perms);
}

void add_line(std::string& text, const std::string& line) {
  if (line.empty()) return;
  if (!text.empty()) text += '\n';
  text += line;
}

std::string numbered(const std::vector<Frame>& frames) {
  std::string text;
  for (std::size_t at = 0; at < frames.size();) {
    std::size_t next = at + 1;
    while (next < frames.size() && frames[next].pc == frames[at].pc) ++next;
    add_line(text, fmt::format("  #{} {}{}", at, to_text(frames[at]), next - at > 1 ? fmt::format(", {} times", next - at) : ""));
    at = next;
  }
  return text;
}

std::uint64_t value(const Registers& registers, const std::string& name) {
  const auto known = registers.find(name);
  return known == registers.end() ? 0 : known->second;
}

struct Seen {
  const Architecture& arch;
  const SeenProcess& process;
  const SeenThread& thread;
  Registers registers;
};

std::string thread_pointer_line(const Seen& seen, std::uint64_t touched) {
  const auto known = seen.registers.find(seen.arch.thread_pointer);
  if (known == seen.registers.end() || known->second != 0) return "";
  if (touched >= kZeroPage && touched + kZeroPage >= kZeroPage) return "";   // not around 0
  return fmt::format("the TLS base ({}) is 0: thread-local storage was not set up", seen.arch.thread_pointer);
}

struct Place {
  Unwinder::InFile file;
  std::string name;
};

Task<std::optional<Place>> find_place(const Seen& seen, Unwinder& unwinder, std::uint64_t pc, std::filesystem::path objdump) {
  std::optional<Place> place;
  if (const auto elf = unwinder.in_file(pc)) {
    place = Place{*elf, to_text(unwinder.frame(pc, false))};
  } else if (const auto pe = in_pe_file(seen.process, pc)) {
    place = Place{*pe, to_text(unwinder.frame(pc, false))};
    const std::string name = co_await name_in_pe_file(std::move(objdump), *pe);
    if (!name.empty()) place->name = name;
  }
  co_return place;
}

// The callers as the place itself has them; names it does not know are looked up.
Task<std::string> told_callers(const Seen& seen, Unwinder& unwinder, std::filesystem::path objdump) {
  std::string text;
  int number = 0;
  for (const auto& [address, name] : seen.thread.frames) {
    std::string shown = name;
    if (name.starts_with("0x")) {
      const auto place = co_await find_place(seen, unwinder, number == 0 ? address : address - 1, objdump);
      if (place) shown = place->name;
    }
    add_line(text, fmt::format("  #{} {}", number++, shown));
  }
  co_return text;
}

Task<std::string> fault_lines(const Seen& seen, Unwinder& unwinder, std::filesystem::path objdump, std::optional<std::uint64_t> told) {
  const std::uint64_t pc = value(seen.registers, seen.arch.pc), sp = value(seen.registers, seen.arch.sp);
  const auto place = co_await find_place(seen, unwinder, pc, objdump);
  if (!place) {
    co_return fmt::format("it jumped to {:#x}, where no code is: {}", pc, pc < kZeroPage ? "a null function pointer" : "a wrong address, or a damaged stack");
  }
  const bool objdump_missing = objdump.empty();
  std::string instruction;
  if (!objdump_missing) instruction = co_await disassemble(std::move(objdump), place->file.path, place->file.address);
  const auto touched = instruction.empty() ? std::nullopt : touched_by(instruction, seen.arch, seen.registers);
  std::string text = objdump_missing ? "no objdump of this target is on PATH: the instruction is not shown" : "";
  if (!instruction.empty()) text = fmt::format("`{}` in {}", instruction, place->name);
  if (touched && !touched->from.empty()) text += fmt::format(" touches {:#x} ({})", touched->address, touched->from);
  const std::uint64_t address = told ? *told : touched ? touched->address : 0;
  if (told || touched) {
    add_line(text, thread_pointer_line(seen, address));
    if (thread_pointer_line(seen, address).empty()) add_line(text, place_of(seen.process, address, sp));
  }
  co_return text;
}

const char* exception_verb(const std::string& how) { return how == "write" ? "writing" : how == "execute" ? "executing" : "reading"; }

Task<std::string> explain_death(Seen seen, std::filesystem::path objdump) {
  Unwinder unwinder(seen.arch, seen.process);
  std::string text;
  std::optional<std::uint64_t> told;
  bool is_fault = false;
  if (const auto& signal = seen.thread.signal) {
    text = signal_line(*signal);
    const std::string name = signal_name(signal->number);
    is_fault = signal->code > 0 && (name == "SEGV" || name == "BUS" || name == "ILL" || name == "FPE");
    if (is_fault && signal->code != 128 && (name == "SEGV" || name == "BUS")) told = signal->address;
  } else if (const auto& exception = seen.thread.exception) {
    text = fmt::format("exception {:#x} at {:#x}", exception->code, exception->address);
    is_fault = true;
    if (exception->how != "none") {
      text += fmt::format(", {} {:#x}", exception_verb(exception->how), exception->touched);
      told = exception->touched;
    }
  }
  if (is_fault && !seen.registers.empty()) {
    const std::string lines = co_await fault_lines(seen, unwinder, objdump, told);
    add_line(text, lines);
  }
  if (!seen.thread.frames.empty()) {
    const std::string lines = co_await told_callers(seen, unwinder, objdump);
    add_line(text, lines);
    co_return text;
  }
  if (!seen.registers.empty()) add_line(text, numbered(unwinder.frames(seen.registers, kMostFrames)));
  co_return text;
}

const char* state_text(char state) {
  switch (state) {
    case 'R': return "running";
    case 'S': return "asleep";
    case 'D': return "asleep in the kernel, beyond signals";
    case 'T': return "stopped by a signal";
    case 't': return "stopped by a debugger";
    default: return "in an unknown state";
  }
}

bool waits_for_lock(const SeenThread& thread) { return thread.state == 'S' && thread.wchan.contains("futex"); }

// One sentence on a process that did not end.
std::string hang_line(const SeenProcess& process) {
  const auto all = [&](auto is) { return !process.threads.empty() && std::ranges::all_of(process.threads, is); };
  if (all(waits_for_lock)) return "every thread waits for a lock or for another thread: a deadlock, not slowness";
  if (all([](const SeenThread& thread) { return thread.state == 'T'; })) return "it is stopped (SIGSTOP, or it reads from a terminal)";
  if (std::ranges::any_of(process.threads, [](const SeenThread& thread) { return thread.state == 'R'; })) return "it computes";
  return "";
}

std::string thread_line(const SeenThread& thread) {
  std::string line = fmt::format(" thread {} {}", thread.tid, thread.name);
  if (thread.state == '?') return line;    // an emulator's debugger does not know
  line += fmt::format(": {}", state_text(thread.state));
  if (thread.wchan != "-") line += " in " + thread.wchan;
  return line + fmt::format(", {} of processor time", human_duration(std::chrono::milliseconds(thread.cpu_ms)));
}

std::string explain_hang(const SeenProcess& process, const std::string& machine) {
  const std::string sentence = hang_line(process);
  const bool is_told = std::ranges::any_of(process.threads, [](const SeenThread& thread) { return thread.state != '?'; });
  std::string text = is_told ? fmt::format("process {} at the limit{}", process.pid, sentence.empty() ? "" : ": " + sentence) : "";
  std::size_t shown = 0;
  for (const SeenThread& thread : process.threads) {
    if (++shown > kMostThreads) continue;
    add_line(text, thread_line(thread));
    const bool is_of_linux = !thread.raw_registers.empty();
    const Architecture* arch = is_of_linux ? architecture_of(machine, thread.raw_registers.size()) : architecture(machine);
    if (!arch || (!is_of_linux && thread.registers.empty())) continue;
    Unwinder unwinder(*arch, process);
    const Registers registers = is_of_linux ? decode_registers(*arch, arch->kernel, thread.raw_registers) : thread.registers;
    add_line(text, numbered(unwinder.frames(registers, kMostHungFrames)));
    if (thread.state != 'D') continue;
    for (const std::string& frame : thread.kernel) add_line(text, "  kernel " + frame);
  }
  if (shown > kMostThreads) add_line(text, fmt::format(" and {} more threads", shown - kMostThreads));
  return text;
}

}  // namespace

std::filesystem::path find_objdump(const Target& target, const std::string& path) {
  std::vector<std::string> names{target.triple + "-objdump"};
  for (const auto& [language, spec] : target.compilers) {
    for (const std::string& compiler : spec.try_names) {
      const auto dash = compiler.rfind("-g");
      if (dash != compiler.npos) names.push_back(compiler.substr(0, dash) + "-objdump");
    }
  }
  for (const char* llvm : {"llvm-objdump", "llvm-objdump-19", "llvm-objdump-16", "llvm-objdump-14"}) names.emplace_back(llvm);
  for (const std::string& name : names) {
    if (const auto found = find_program(name, path)) return *found;
  }
  return {};
}

Task<std::string> explain_look(std::string look, std::string arch, std::filesystem::path objdump) {
  const LookReport report = parse_look(look);
  std::string text;
  for (const SeenProcess& process : report.processes) {
    const auto dead = std::ranges::find_if(process.threads, [](const SeenThread& thread) { return thread.signal || thread.exception; });
    if (dead == process.threads.end()) {
      add_line(text, explain_hang(process, report.machine));
      continue;
    }
    const bool is_of_linux = !dead->raw_registers.empty();
    const Architecture* known = is_of_linux ? architecture_of(report.machine, dead->raw_registers.size()) : architecture(arch);
    if (!known) continue;
    Seen seen{*known, process, *dead, decode_registers(*known, known->kernel, dead->raw_registers)};
    for (const auto& [name, held] : dead->registers) seen.registers[name] = held;
    std::string lines = co_await explain_death(std::move(seen), objdump);
    add_line(text, lines);
  }
  co_return truncate_middle(text, kMostText * 3 / 4, kMostText / 4);
}

}  // namespace xtest
