// SPDX-License-Identifier: Apache-2.0
#include "runner/dialects/exit_status.h"

#include "runner/base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace xtest {
namespace {

constexpr std::size_t kOutputCap = 64u << 10;
constexpr std::string_view kGuestSignal = "qemu: uncaught target signal ";

template <class... Ts>
struct Overload : Ts... { using Ts::operator()...; };

struct NamedException { std::uint32_t code; const char* name; };

constexpr std::array named_exceptions = {
    NamedException{0x80000003, "breakpoint"},
    NamedException{0x80000004, "single step"},
    NamedException{0xC0000005, "access violation"},
    NamedException{0xC0000008, "invalid handle"},
    NamedException{0xC000001D, "illegal instruction"},
    NamedException{0xC0000094, "integer division by zero"},
    NamedException{0xC0000096, "privileged instruction"},
    NamedException{0xC00000FD, "stack overflow"},
    NamedException{0xC0000135, "a DLL was not found"},
    NamedException{0xC0000139, "an entry point was not found in a DLL"},
    NamedException{0xC0000142, "a DLL failed to initialise"},
    NamedException{0xC0000374, "heap corruption"},
    NamedException{0xC0000409, "fast fail"},
};

Observed seen(const Completion& completion, Status status, std::string kind, std::string message) {
  Observed observed;
  observed.status = status;
  observed.kind = std::move(kind);
  observed.message = std::move(message);
  observed.duration = completion.usage.wall;
  observed.output = with_evidence(readable_output(completion.out, completion.err), completion);
  return observed;
}

std::string with_exception_name(const NtException& exception) {
  const auto* known = std::ranges::find(named_exceptions, exception.code, &NamedException::code);
  const std::string text = describe(Termination{exception});
  return known == named_exceptions.end() ? text : text + " (" + known->name + ")";
}

// On a busy machine a loop gets little time: "pid R wchan name" says that it would have used more.
bool was_running(const std::string& evidence) {
  const auto lines = split(evidence, '\n');
  return std::ranges::any_of(lines, [](std::string_view line) {
    const auto blank = line.find(' ');
    return blank != line.npos && line.substr(blank).starts_with(" R ");
  });
}

Observed timed_out(const Completion& completion) {
  const auto to_ms = [](auto time) { return std::chrono::duration_cast<std::chrono::milliseconds>(time); };
  const auto cpu = completion.usage.user + completion.usage.system;
  const bool running = was_running(completion.evidence) && cpu * 10 >= completion.usage.wall;
  const bool busy = cpu.count() > 0 && (running || cpu * 2 >= completion.usage.wall);
  std::string message = "no end within " + human_duration(to_ms(completion.usage.wall));
  message += busy ? ", using the processor for " + human_duration(to_ms(cpu)) : std::string(", waiting");
  return seen(completion, Status::timeout, busy ? "slow" : "hang", std::move(message));
}

bool is_qemu_file(std::string_view line) {
  return std::ranges::any_of(std::array{"accel/tcg/", "linux-user/", "/tcg/", "tcg.c", "target/"},
                             [&](std::string_view part) { return line.find(part) != std::string_view::npos; });
}

bool is_assertion(std::string_view line) {
  if (line.starts_with("ERROR:") || line.starts_with("Bail out! ERROR:"))
    return line.find("assert") != std::string_view::npos && is_qemu_file(line);
  if (line.ends_with(": tcg fatal error")) return is_qemu_file(line);
  return line.starts_with("qemu-") && line.find(": Assertion `") != std::string_view::npos;
}

// Followed by the guest's registers.
bool opens_dump(std::string_view line) {
  return line.starts_with("qemu: fatal: ") ||
         (line.starts_with("qemu: ") && line.find("unhandled CPU exception") != std::string_view::npos);
}

// Before the guest's first instruction.
bool is_refusal(std::string_view line) {
  if (!line.starts_with("qemu-")) return false;
  return line.find(": Unable to reserve 0x") != std::string_view::npos ||
         line.find(" bytes for jit buffer: ") != std::string_view::npos;
}

// The lines behind qemu's last remark about a guest, without empty ones.
std::vector<std::string_view> last_lines(std::string_view err) {
  std::vector<std::string_view> lines;
  for (const std::string_view line : split(err, '\n')) {
    if (line.starts_with(kGuestSignal)) lines.clear();
    else if (!trim(line).empty()) lines.push_back(trim(line));
  }
  return lines;
}

std::optional<std::string> death_by_signal(const std::string& signal, std::string_view err) {
  const auto lines = last_lines(err);
  if (lines.empty()) return std::nullopt;
  const std::string_view last = lines.back();
  if (last.starts_with("QEMU internal SIG" + signal + " {")) return std::string(last);
  if (signal != "ABRT") return std::nullopt;
  if (is_assertion(last)) return std::string(last);
  const auto dump = std::ranges::find_if(lines, opens_dump);
  return dump == lines.end() ? std::nullopt : std::optional(std::string(*dump));
}

std::string with_gap(const Output& output) {
  if (output.skipped == 0) return output.text;
  const std::size_t head = std::min<std::size_t>(output.head, output.text.size());
  return output.text.substr(0, head) + fmt::format("\n... {} bytes left out ...\n", output.skipped) +
         output.text.substr(head);
}

void add_section(std::string& text, std::string_view heading, std::string_view body) {
  if (body.empty()) return;
  if (!text.empty() && text.back() != '\n') text += '\n';
  text += heading;
  text += '\n';
  text += body;
}

std::string capped(const std::string& text, std::size_t cap) { return truncate_middle(text, cap / 4, cap - cap / 4); }

}  // namespace

std::optional<Observed> observed_violent_end(const Completion& completion) {
  if (const auto line = emulator_death(completion))
    return seen(completion, Status::infra, "emulator-crash", "the emulator itself died: " + *line);
  using Seen = std::optional<Observed>;
  return std::visit(
      Overload{
          [](const Exited&) { return Seen{}; },
          [&](const Signalled& signalled) -> Seen {
            const char* kind = signalled.name == "ABRT" ? "abort" : "signal";
            return seen(completion, Status::crash, kind, describe(completion.how));
          },
          [&](const NtException& exception) -> Seen {
            return seen(completion, Status::crash, "nt-exception", with_exception_name(exception));
          },
          [&](const TimedOut&) -> Seen { return timed_out(completion); },
          [&](const NotStarted& n) -> Seen {
            return n.refused ? seen(completion, Status::fail, "not-executable", describe(completion.how))
                             : seen(completion, Status::infra, "setup", describe(completion.how));
          },
          [&](const Lost& lost) -> Seen { return seen(completion, Status::infra, lost.suspect ? "lost" : "lost-nearby", describe(completion.how)); },
      },
      completion.how);
}

Observed observed_from_exit(const Completion& completion) {
  if (auto violent = observed_violent_end(completion)) return *std::move(violent);
  if (exited_with(completion, 0)) return seen(completion, Status::pass, "", "");
  return seen(completion, Status::fail, "exit-code", describe(completion.how));
}

Observed observed_without_account(const Completion& completion) {
  Observed observed = observed_from_exit(completion);
  if (observed.status != Status::pass) return observed;
  observed.status = Status::fail;
  observed.kind = "protocol";
  observed.message = "exited with 0, but gave no account of itself that can be believed";
  return observed;
}

std::optional<std::string> emulator_death(const Completion& completion) {
  if (!completion.session.starts_with("qemu-user")) return std::nullopt;
  if (const auto* signalled = std::get_if<Signalled>(&completion.how))
    return death_by_signal(signalled->name, completion.err.text);
  const std::string_view only = trim(completion.err.text);
  const bool said_nothing_else = completion.out.total == 0 && completion.out.text.empty() && !only.contains('\n');
  if (!exited_with(completion, 1) || !said_nothing_else || !is_refusal(only)) return std::nullopt;
  return std::string(only);
}

std::string strip_emulator_remarks(std::string_view err) {
  std::string kept;
  while (!err.empty()) {
    const std::size_t end = err.find('\n');
    const std::string_view line = err.substr(0, end == std::string_view::npos ? err.size() : end + 1);
    if (!line.starts_with(kGuestSignal)) kept += line;
    err.remove_prefix(line.size());
  }
  return kept;
}

std::string readable_output(const Output& out, const Output& err) {
  const std::string quiet_err = strip_emulator_remarks(with_gap(err));
  const std::size_t cap = out.text.empty() || quiet_err.empty() ? kOutputCap : kOutputCap / 2;
  std::string text = capped(with_gap(out), cap);
  add_section(text, "[stderr]", capped(quiet_err, cap));
  return text;
}

std::string with_evidence(std::string output, const Completion& completion) {
  const bool timed_out = std::holds_alternative<TimedOut>(completion.how), lost = std::holds_alternative<Lost>(completion.how);
  add_section(output, timed_out ? "[processes when the limit passed]" : lost ? "[when its place was lost]" : "[seen beside it]", completion.evidence);
  return output;
}

}  // namespace xtest
