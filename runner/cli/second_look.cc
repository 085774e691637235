// SPDX-License-Identifier: Apache-2.0
#include "runner/cli/second_look.h"

#include "emulators/diagnosis/explain.h"
#include "runner/base/error.h"
#include "runner/base/fd.h"
#include "runner/base/files.h"
#include "runner/base/hash.h"
#include "runner/base/process.h"
#include "runner/base/text.h"
#include "runner/cli/locations.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <utility>

namespace xtest {
namespace {

constexpr int kMostLooks = 100;
constexpr std::chrono::minutes kExplainLimit{1};
constexpr std::array kCoreSignals{"SEGV", "BUS", "ILL", "FPE", "ABRT", "TRAP", "SYS"};

struct Tools { std::string arch; std::filesystem::path objdump; };

bool is_crash(const Termination& how) {
  if (std::holds_alternative<NtException>(how)) return true;
  const auto* signalled = std::get_if<Signalled>(&how);
  return signalled && std::ranges::find(kCoreSignals, signalled->name) != kCoreSignals.end();
}

bool has_run(const Termination& how) { return !std::holds_alternative<NotStarted>(how) && !std::holds_alternative<Lost>(how); }

std::string trouble_of(const Completion& again) {
  const auto* lost = std::get_if<Lost>(&again.how);
  return lost ? "lost in a second look at a program: " + lost->why : "";
}

std::string last_line(std::string_view text) {
  text = trim(text);
  return text.empty() ? "" : ": " + std::string(text.substr(text.rfind('\n') + 1));
}

void add_line(std::string& text, const std::string& line) {
  if (!line.empty()) text += (text.empty() ? "" : "\n") + line;
}

class Looker {
 public:
  Looker(const std::vector<Prepared>& prepared, std::filesystem::path output, bool trace) : output_(std::move(output)), trace_(trace) {
    const char* path = ::getenv("PATH");
    for (const Prepared& one : prepared) {
      const Target& target = one.target.target;
      tools_.push_back({target.arch, find_objdump(target, path ? path : "/usr/bin:/bin")});
    }
  }

  // Whatever goes wrong in here says nothing about the test.
  Task<std::string> look(Session& session, RunRequest request, Completion& seen, std::size_t target) {
    try {
      co_return co_await look_closer(session, std::move(request), seen, target);
    } catch (const boost::system::system_error&) {
      throw;                               // the run is being cancelled
    } catch (const std::exception& error) {
      add_line(seen.diagnosis, std::string("there was no closer look: ") + error.what());
    }
    co_return std::string();
  }

 private:
  Task<std::string> look_closer(Session& session, RunRequest request, Completion& seen, std::size_t target) {
    std::string trouble;
    if (std::holds_alternative<TimedOut>(seen.how)) {
      seen.diagnosis = co_await explained(std::exchange(seen.look, {}), target);
      if (session.name().starts_with("qemu-user") && looks_++ < kMostLooks) {
        RunRequest again = request;
        trouble = co_await at_hang(session, std::move(again), seen, target);
      }
    } else if (is_crash(seen.how) && looks_++ < kMostLooks) {
      RunRequest again = request;
      trouble = co_await at_crash(session, std::move(again), seen, target);
    }
    if (trace_ && trouble.empty() && has_run(seen.how)) trouble = co_await at_calls(session, std::move(request), seen);
    co_return trouble;
  }

  Task<std::string> explained(std::string look, std::size_t target) {
    if (look.empty()) co_return std::string();
    const UniqueFd input(::memfd_create("look", MFD_CLOEXEC));
    if (!input || write_all(input.get(), look).error != 0 || ::lseek(input.get(), 0, SEEK_SET) != 0) throw_errno("cannot keep a look");
    ProcessSpec spec;
    spec.argv = {xtest_.string(), "explain", tools_[target].arch};
    if (const auto& objdump = tools_[target].objdump; !objdump.empty()) spec.argv.push_back(objdump.string());
    spec.env = clean_environment();
    spec.stdin_fd = input.get();
    spec.limit = kExplainLimit;
    const Completion done = co_await run_process(std::move(spec));
    if (exited_with(done, 0)) co_return done.out.text;
    co_return "what was seen could not be explained: `xtest explain` " + describe(done.how);
  }

  Task<std::string> at_crash(Session& session, RunRequest request, Completion& seen, std::size_t target) {
    request.look = Look::crash;
    Completion again = co_await session.run(std::move(request));
    if (is_crash(again.how)) {
      std::string text = co_await explained(std::move(again.look), target);
      if (again.how != seen.how) add_line(text, "in this second look it was " + describe(again.how));
      if (!again.core.empty()) add_line(text, "core: " + kept(again.core));
      add_line(seen.diagnosis, text);
    } else if (has_run(again.how)) {
      add_line(seen.diagnosis, "a second look, watched, did not crash: it " + describe(again.how) + last_line(again.err.text));
    }
    co_return trouble_of(again);
  }

  // Where the program itself is, an emulator's debugger knows.
  Task<std::string> at_hang(Session& session, RunRequest request, Completion& seen, std::size_t target) {
    request.look = Look::hang;
    Completion again = co_await session.run(std::move(request));
    const std::string text = co_await explained(std::move(again.look), target);
    if (!text.empty()) add_line(seen.diagnosis, "run again, after some seconds it was here:\n" + text);
    co_return trouble_of(again);
  }

  Task<std::string> at_calls(Session& session, RunRequest request, Completion& seen) {
    request.look = Look::trace;
    Completion again = co_await session.run(std::move(request));
    if (again.err.text.empty()) add_line(seen.diagnosis, "no trace: it " + describe(again.how));
    else add_line(seen.diagnosis, "trace (" + human_bytes(again.err.text.size()) + "): " + kept(again.err.text));
    co_return trouble_of(again);
  }

  // The file it is in now, or why it is in none.
  std::string kept(const std::string& bytes) const {
    const std::filesystem::path file = output_ / sha256_hex(bytes);
    const int error = write_file(file, bytes);
    return error == 0 ? file.string() : "it could not be written to " + output_.string() + ": " + std::strerror(error);
  }

  std::vector<Tools> tools_;               // one a target
  std::filesystem::path xtest_ = find_locations().binary;
  std::filesystem::path output_;
  bool trace_;
  int looks_ = 0;
};

}  // namespace

SecondLook make_second_look(const std::vector<Prepared>& prepared, std::filesystem::path output, bool trace) {
  const auto looker = std::make_shared<Looker>(prepared, std::move(output), trace);
  return [looker](Session& session, RunRequest request, Completion& seen, std::size_t target) {
    return looker->look(session, std::move(request), seen, target);
  };
}

}  // namespace xtest
