// SPDX-License-Identifier: Apache-2.0
#include "emulators/diagnosis/instruction.h"

#include "runner/base/process.h"
#include "runner/base/text.h"

#include <fmt/format.h>

#include <cctype>
#include <cstring>

namespace xtest {
namespace {

// "-8", "0x10", "#16", "-0x8"; nothing for anything else.
std::optional<std::uint64_t> constant(std::string_view text) {
  if (text.starts_with('#')) text.remove_prefix(1);
  const bool is_negative = text.starts_with('-');
  if (is_negative) text.remove_prefix(1);
  if (text.empty() || !std::isdigit(static_cast<unsigned char>(text.front()))) return std::nullopt;
  const std::string whole(text);
  char* end = nullptr;
  const std::uint64_t value = std::strtoull(whole.c_str(), &end, 0);
  if (*end != 0) return std::nullopt;
  return is_negative ? 0 - value : value;
}

// A sum over registers; says which.
class Sum {
 public:
  Sum(const Architecture& arch, const Registers& registers) : arch_(arch), registers_(registers) {}

  bool add(std::string_view name, std::uint64_t factor = 1) {
    if (name.starts_with('%')) name.remove_prefix(1);
    const std::string register_name = translated(name);
    if (register_name.empty()) return true;   // a zero register
    const auto known = registers_.find(register_name);
    if (known == registers_.end()) return false;
    touched_.address += known->second * factor;
    touched_.from += fmt::format("{}{} = {:#x}", touched_.from.empty() ? "" : ", ", name, known->second);
    return true;
  }
  void add_constant(std::uint64_t value) { touched_.address += value; }
  Touched result() {
    if (arch_.width == 4) touched_.address &= 0xffffffffu;
    return touched_;
  }

 private:
  std::string translated(std::string_view name) const {
    if (name == "zero" || name == "xzr" || (arch_.name == "s390x" && name == "r0")) return "";
    if (arch_.name == "riscv64" && name == "fp") return "s0";
    if (name == "fs") return "fs_base";
    if (name == "gs") return "gs_base";
    if (arch_.name == "armv7") return std::string(name == "fp" ? "r11" : name == "ip" ? "r12" : name == "sl" ? "r10" : name);
    return std::string(name);
  }

  const Architecture& arch_;
  const Registers& registers_;
  Touched touched_;
};

// disp(base,index,scale), with a segment before it on x86
std::optional<Touched> in_parentheses(const std::string& text, std::size_t open, Sum sum) {
  const auto close = text.find(')', open);
  if (close == text.npos) return std::nullopt;
  std::size_t begin = open;
  while (begin > 0 && !std::strchr(" ,\t*", text[begin - 1])) --begin;
  std::string disp = text.substr(begin, open - begin);
  if (const auto colon = disp.find(':'); colon != disp.npos) {
    if (!sum.add(disp.substr(0, colon))) return std::nullopt;
    disp.erase(0, colon + 1);
  }
  if (!disp.empty()) {
    const auto value = constant(disp);
    if (!value) return std::nullopt;
    sum.add_constant(*value);
  }
  const std::string inner = text.substr(open + 1, close - open - 1);
  const auto parts = split(inner, ',');
  if (parts[0] == "%rip" || parts[0] == "%eip") return std::nullopt;   // a place of the file itself
  const auto scale = parts.size() > 2 ? constant(parts[2]) : std::optional<std::uint64_t>(1);
  if (!parts[0].empty() && !sum.add(parts[0])) return std::nullopt;
  if (parts.size() > 1 && !parts[1].empty() && (!scale || !sum.add(parts[1], *scale))) return std::nullopt;
  return sum.result();
}

// [base, #offset], [base, index, lsl #2]; what is written back afterwards does not count
std::optional<Touched> in_brackets(const std::string& text, std::size_t open, Sum sum) {
  const auto close = text.find(']', open);
  if (close == text.npos) return std::nullopt;
  const std::string inner = text.substr(open + 1, close - open - 1);
  std::vector<std::string_view> parts;
  for (const std::string_view part : split(inner, ',')) parts.push_back(trim(part));
  if (!sum.add(parts[0])) return std::nullopt;
  if (parts.size() == 1) return sum.result();
  if (const auto offset = constant(parts[1])) {
    sum.add_constant(*offset);
    return sum.result();
  }
  std::uint64_t factor = 1;
  if (parts.size() > 2) {
    const auto shift = parts[2].starts_with("lsl ") ? constant(parts[2].substr(4)) : std::nullopt;
    if (!shift || *shift > 8) return std::nullopt;
    factor = std::uint64_t{1} << *shift;
  }
  if (!sum.add(parts[1], factor)) return std::nullopt;
  return sum.result();
}

// %fs:0xfffffffffffffff8
std::optional<Touched> by_segment(const std::string& text, std::size_t percent, Sum sum) {
  const auto colon = text.find(':', percent);
  const auto end = text.find_first_of(", \t", percent);
  const auto value = constant(text.substr(colon + 1, end == text.npos ? end : end - colon - 1));
  if (!value || !sum.add(text.substr(percent, colon - percent))) return std::nullopt;
  sum.add_constant(*value);
  return sum.result();
}

bool is_on_stack(const std::string& text) { return text.starts_with("push") || text.starts_with("call"); }

}  // namespace

std::optional<Touched> touched_by(const std::string& instruction, const Architecture& arch, const Registers& registers) {
  const std::string text = instruction.substr(0, instruction.find_first_of("#;<"));
  const bool is_x86 = arch.name == "x86_64" || arch.name == "i686";
  const Sum sum(arch, registers);
  if (is_x86 && text.starts_with("lea")) return std::nullopt;
  if (const auto open = instruction.find('['); open != instruction.npos && !is_x86) return in_brackets(instruction, open, sum);
  if (const auto open = text.find('('); open != text.npos) return in_parentheses(text, open, sum);
  for (const char* segment : {"%fs:", "%gs:"}) {
    if (const auto at = text.find(segment); at != text.npos) return by_segment(text, at, sum);
  }
  if (!is_x86 || !is_on_stack(text)) return std::nullopt;
  Sum stack(arch, registers);
  if (!stack.add(arch.sp)) return std::nullopt;
  stack.add_constant(0 - static_cast<std::uint64_t>(arch.width));
  return stack.result();
}

Task<std::string> disassemble(std::filesystem::path objdump, std::string file, std::uint64_t address) {
  ProcessSpec spec;
  spec.argv = {objdump.string(), "-d", "--no-show-raw-insn", fmt::format("--start-address={:#x}", address),
               fmt::format("--stop-address={:#x}", address + 16), file};
  spec.env = clean_environment();
  spec.limit = std::chrono::seconds(20);
  const Completion done = co_await run_process(std::move(spec));
  const std::string begin = fmt::format("{:x}:", address);
  for (const std::string_view line : split(done.out.text, '\n')) {
    const std::string_view text = trim(line);
    if (!text.starts_with(begin)) continue;
    std::string words;
    for (const char c : trim(text.substr(begin.size()))) {
      const bool is_blank = c == ' ' || c == '\t';
      if (!is_blank || !words.ends_with(' ')) words += is_blank ? ' ' : c;
    }
    co_return words;
  }
  co_return std::string();
}

}  // namespace xtest
