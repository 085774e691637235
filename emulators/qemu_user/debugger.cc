// SPDX-License-Identifier: Apache-2.0
#include "emulators/qemu_user/debugger.h"

#include "runner/base/files.h"
#include "runner/base/signals.h"
#include "runner/base/text.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cstdlib>

namespace xtest {
namespace {

using std::chrono_literals::operator""ms;

constexpr int kMostTries = 200, kMostStops = 200, kMostLooks = 20;
constexpr int kMostThreads = 8, kInterrupt = 2;   // SIGINT, also gdb's
constexpr auto kPause = 50ms;
constexpr std::uint64_t kPiece = 1024, kStack = 32u << 10, kBelow = 256, kPage = 4096;
constexpr std::uint64_t kProgramHeaders = 3;   // AT_PHDR

// gdb's numbers of the signals that dump core, and Linux'.
struct Number { int debugger, linux_; };
constexpr std::array kDeadly{Number{4, 4}, Number{5, 5}, Number{6, 6}, Number{8, 8}, Number{10, 7}, Number{11, 11}, Number{12, 31}};

std::string packet_of(const std::string& text) {
  unsigned sum = 0;
  for (const unsigned char c : text) sum += c;
  return fmt::format("${}#{:02x}", text, sum & 0xff);
}

std::string bytes_of(std::string_view hex) {
  std::string bytes;
  for (std::size_t at = 0; at + 1 < hex.size(); at += 2)
    bytes += static_cast<char>(std::strtoul(std::string(hex.substr(at, 2)).c_str(), nullptr, 16));
  return bytes;
}

// The bytes of a qXfer answer.
std::string unescaped(std::string_view text) {
  std::string bytes;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '}' && at + 1 < text.size()) bytes += static_cast<char>(text[++at] ^ 0x20);
    else bytes += text[at];
  }
  return bytes;
}

std::optional<std::uint64_t> auxiliary(const Architecture& arch, const std::string& vector, std::uint64_t wanted) {
  SeenProcess memory;
  memory.memory.emplace_back(0, vector);
  const auto width = static_cast<std::uint64_t>(arch.width);
  for (std::uint64_t at = 0; at + 2 * width <= vector.size(); at += 2 * width) {
    if (memory.read(at, arch.width, arch.big_endian) == wanted) return memory.read(at + width, arch.width, arch.big_endian);
  }
  return std::nullopt;
}

std::vector<Mapping> mappings_of(int pid) {
  std::vector<Mapping> maps;
  const std::string text = read_file(fmt::format("/proc/{}/maps", pid)).value_or("");
  for (const std::string_view line : split(text, '\n')) {
    const std::string whole(line);
    unsigned long start = 0, end = 0, offset = 0;
    char perms[8] = "";
    int name = 0;
    if (std::sscanf(whole.c_str(), "%lx-%lx %7s %lx %*s %*s %n", &start, &end, perms, &offset, &name) < 4) continue;
    maps.push_back({start, end, offset, perms, name > 0 ? whole.substr(static_cast<std::size_t>(name)) : ""});
  }
  return maps;
}

// qemu's mappings as its guest has them, found by the program's first page. qemu maps code as data: whatever is mapped of
// a file may be code.
std::string guest_maps(int qemu, const std::string& program, std::uint64_t first_page, int width) {
  const std::uint64_t most = width == 4 ? 0xffffffffu : ~std::uint64_t{0};
  const auto maps = mappings_of(qemu);
  const auto first = std::ranges::find_if(maps, [&](const Mapping& map) { return map.path == program && map.offset == 0; });
  if (first == maps.end()) return "";
  const std::uint64_t base = first->start - first_page;
  std::string lines;
  for (const Mapping& map : maps) {
    if (map.start < base || map.end - base > most || map.path.starts_with('[') || map.path.contains("/qemu-")) continue;
    const bool may_be_code = map.path.starts_with('/') && map.perms[1] == '-';
    lines += fmt::format("map {:x}-{:x} {} {:x} {}\n", map.start - base, map.end - base, may_be_code ? "r-xp" : map.perms, map.offset, map.path);
  }
  return lines;
}

}  // namespace

QemuDebugger::QemuDebugger(asio::any_io_executor executor, const Architecture& arch, std::filesystem::path socket, std::string program, bool is_hung)
    : arch_(arch), path_(std::move(socket)), program_(std::move(program)), is_hung_(is_hung), pause_(executor), socket_(executor) {}

void QemuDebugger::start() {
  asio::co_spawn(pause_.get_executor(), [self = shared_from_this()] { return self->talk(); }, asio::detached);
}

void QemuDebugger::stop() {
  stopped_ = true;
  pause_.cancel();
  if (socket_.is_open()) socket_.close();
}

Task<bool> QemuDebugger::connect() {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string text = path_.string();
  if (text.size() >= sizeof address.sun_path) co_return false;
  text.copy(address.sun_path, text.size());
  for (int tries = 0; tries < kMostTries && !stopped_; ++tries) {
    UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (fd && ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
      socket_.assign(fd.release());
      co_return true;
    }
    pause_.expires_after(kPause);
    co_await pause_.async_wait(asio::as_tuple(asio::use_awaitable));
  }
  co_return false;
}

// The answer, or nothing when the program has gone.
Task<std::string> QemuDebugger::ask(std::string packet) {
  const std::string bytes = packet_of(packet);
  std::size_t sent = 0;
  while (sent < bytes.size()) {
    const auto [error, size] =
        co_await socket_.async_write_some(asio::buffer(bytes.data() + sent, bytes.size() - sent), asio::as_tuple(asio::use_awaitable));
    if (error) co_return std::string();
    sent += size;
  }
  std::array<char, 8192> chunk{};
  for (;;) {
    const auto begin = received_.find('$'), end = begin == std::string::npos ? begin : received_.find('#', begin);
    if (end != std::string::npos && received_.size() >= end + 3) {
      std::string answer = received_.substr(begin + 1, end - begin - 1);
      received_.erase(0, end + 3);
      ::send(socket_.native_handle(), "+", 1, MSG_NOSIGNAL | MSG_DONTWAIT);
      co_return answer;
    }
    const auto [error, size] = co_await socket_.async_read_some(asio::buffer(chunk), asio::as_tuple(asio::use_awaitable));
    if (error) co_return std::string();
    received_.append(chunk.data(), size);
  }
}

Task<std::string> QemuDebugger::memory(std::uint64_t address) {
  const std::string hex = co_await ask(fmt::format("m{:x},{:x}", address, kPiece));
  co_return hex.starts_with('E') ? std::string() : hex;
}

Task<std::string> QemuDebugger::thread_lines(int thread) {
  std::string lines = fmt::format("thread {} ? - 0 - guest\n", thread);
  const std::string hex = co_await ask("g");
  const Registers registers = decode_registers(arch_, arch_.debugger, bytes_of(hex));
  for (const auto& [name, held] : registers) lines += fmt::format("register {} {:x}\n", name, held);
  const auto sp = registers.find(arch_.sp);
  if (sp == registers.end()) co_return lines;
  std::string stack;
  std::uint64_t from = sp->second - kBelow;
  for (std::uint64_t at = from; at < sp->second + kStack; at += kPiece) {
    const std::string piece = co_await memory(at);
    if (piece.empty() && !stack.empty()) break;
    if (piece.empty()) from = at + kPiece;
    stack += piece;
  }
  co_return lines + fmt::format("memory {:x} {}\n", from, stack);
}

Task<void> QemuDebugger::look(int thread) {
  const std::string auxv = co_await ask("qXfer:auxv:read::0,fff");
  const auto headers = auxv.empty() ? std::nullopt : auxiliary(arch_, unescaped(auxv.substr(1)), kProgramHeaders);
  std::string maps = guest_maps(thread, program_, headers ? *headers / kPage * kPage : 0, arch_.width);
  const std::string lines = co_await thread_lines(thread);
  seen_ = std::move(maps) + lines;
}

Task<void> QemuDebugger::look_at_threads(int thread) {
  co_await look(thread);
  std::string next = co_await ask("qfThreadInfo");   // "m8e2", one by one, then "l"
  for (int shown = 1; next.starts_with('m') && shown < kMostThreads; ++shown) {
    const int other = static_cast<int>(std::strtol(next.c_str() + 1, nullptr, 16));
    next = co_await ask("qsThreadInfo");
    if (other == 0 || other == thread) continue;
    const std::string chosen = co_await ask(fmt::format("Hg{:x}", other));
    if (chosen != "OK") continue;
    const std::string lines = co_await thread_lines(other);
    seen_ += lines;
  }
}

Task<void> QemuDebugger::talk() {
  const auto self = shared_from_this();
  const bool is_there = co_await connect();
  std::string answer;
  if (is_there) answer = co_await ask("?");
  int looks = 0;
  std::string go_on = "c";
  for (int stops = 0; stops < kMostStops && answer.starts_with('T'); ++stops) {
    answer = co_await ask(go_on);
    if (!answer.starts_with('T')) break;
    const int number = static_cast<int>(std::strtol(answer.substr(1, 2).c_str(), nullptr, 16));
    const auto at = answer.find("thread:");
    const int thread = at == std::string::npos ? 0 : static_cast<int>(std::strtol(answer.c_str() + at + 7, nullptr, 16));
    if (is_hung_ && number == kInterrupt) {
      co_await look_at_threads(thread);
      co_await ask("k");
      co_return;
    }
    const auto deadly = std::ranges::find(kDeadly, number, &Number::debugger);
    if (!is_hung_ && deadly != kDeadly.end() && looks++ < kMostLooks) {
      signal_ = deadly->linux_;
      co_await look(thread);
    }
    go_on = fmt::format("C{:02x}", number);
  }
}

std::string QemuDebugger::report(const std::string& err) const {
  if (seen_.empty()) return "";
  const std::string begin = fmt::format("machine {}\nprocess 1\n{}", arch_.name, seen_);
  if (is_hung_) return begin;
  int code = 1;
  std::uint64_t address = 0;
  bool is_told = false;
  const std::string line = "--- SIG" + signal_name(signal_) + " {";
  if (const auto at = err.rfind(line); at != std::string::npos) {
    const std::string text = err.substr(at, err.find('\n', at) - at);
    const auto code_at = text.find("si_code="), address_at = text.find("si_addr=");
    if (code_at != text.npos) code = text.compare(code_at + 8, 3, "SI_") == 0 ? -6 : std::atoi(text.c_str() + code_at + 8);
    is_told = address_at != text.npos;
    if (is_told) address = std::strtoull(text.c_str() + address_at + 8, nullptr, 0);
  }
  if (!is_told && code > 0) code = signal_ == 6 ? -6 : 0x80;
  return begin + fmt::format("signal {} {} {:x}\n", signal_, code, address);
}

}  // namespace xtest
