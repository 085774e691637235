// SPDX-License-Identifier: Apache-2.0
#include "emulators/vm/acceleration.h"

#include "runner/base/error.h"
#include "runner/base/files.h"
#include "runner/base/process.h"
#include "runner/base/text.h"

#include <algorithm>
#include <cstring>
#include <optional>

namespace xtest {
namespace {

namespace fs = std::filesystem;
using std::string_literals::operator""s;

constexpr auto patience = std::chrono::seconds(30);
constexpr std::size_t firmware_size = 64u << 10;

// A firmware, how it is started, and the exit code that only its instructions bring about.
struct Guest {
  std::string firmware;
  std::vector<std::string> words;
  int code = 0;
};

// At the reset vector, 16 bytes before the end: mov al, 42; out 0xf4, al; hlt. The device exits with 2 * 42 + 1.
Guest x86_guest() {
  Guest guest;
  guest.firmware.assign(firmware_size, '\xf4');
  std::ranges::copy("\xb0\x2a\xe6\xf4"s, guest.firmware.end() - 16);
  guest.words = {"-M", "pc", "-device", "isa-debug-exit,iobase=0xf4,iosize=1"};
  guest.code = 85;
  return guest;
}

// movz w0, 8; movk w0, 0x8400, lsl 16; hvc 0; b . : PSCI's SYSTEM_OFF (Arm DEN0022).
Guest aarch64_guest(const std::string& accelerator) {
  Guest guest;
  guest.firmware.assign(firmware_size, '\0');
  std::ranges::copy("\x00\x01\x80\x52\x00\x80\xb0\x72\x02\x00\x00\xd4\x00\x00\x00\x14"s, guest.firmware.begin());
  guest.words = {"-M", "virt", "-cpu", accelerator == "tcg" ? "cortex-a57" : "host"};
  return guest;
}

std::optional<Guest> guest_for(const fs::path& program, const std::string& accelerator) {
  const std::string name = program.filename();
  if (name == "qemu-system-x86_64" || name == "qemu-system-i386") return x86_guest();
  if (name == "qemu-system-aarch64") return aarch64_guest(accelerator);
  return std::nullopt;
}

std::string last_words(const Completion& completion) {
  const auto lines = split(trim(completion.err.text), '\n');
  const std::string said(trim(lines.back()));
  return said.empty() ? "qemu " + describe(completion.how) : said;
}

}  // namespace

Task<std::string> why_not_accelerated(fs::path program, std::string accelerator, fs::path scratch) {
  const auto guest = guest_for(program, accelerator);
  if (!guest) co_return "there is no probe for " + program.filename().string();
  const fs::path firmware = scratch / ("probe-" + program.filename().string());
  if (const int error = write_file(firmware, guest->firmware); error != 0)
    throw Error(ErrorKind::infra, "cannot write " + firmware.string() + ": " + std::strerror(error));
  ProcessSpec spec;
  spec.argv = {program.string(), "-accel", accelerator, "-m", "32", "-nodefaults", "-display", "none", "-bios", firmware.string()};
  spec.argv.insert(spec.argv.end(), guest->words.begin(), guest->words.end());
  spec.env = clean_environment();
  spec.limit = patience;
  const Completion completion = co_await run_process(std::move(spec));
  std::error_code ignored;
  fs::remove(firmware, ignored);
  if (exited_with(completion, guest->code)) co_return "";
  co_return last_words(completion);
}

Task<Acceleration> find_acceleration(fs::path program, fs::path scratch) {
  const std::string why = co_await why_not_accelerated(std::move(program), "kvm", std::move(scratch));
  Acceleration found;
  found.name = why.empty() ? "kvm" : "tcg";
  if (!why.empty()) found.why = "no hardware acceleration: " + why;
  co_return found;
}

}  // namespace xtest
