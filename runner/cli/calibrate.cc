// SPDX-License-Identifier: Apache-2.0
#include "runner/cli/calibrate.h"

#include "emulators/run_once.h"
#include "runner/base/hash.h"
#include "runner/base/process.h"

#include <fmt/format.h>
#include <sys/utsname.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>

namespace xtest {
namespace {

namespace fs = std::filesystem;

double thread_micros() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}

// The same work as suites/calibrate/loop.c. CPU time here and there: other work on the machine changes neither.
double native_micros() {
  static std::array<unsigned, 4096> table;
  const double begun = thread_micros();
  volatile unsigned result = 1;
  unsigned sum = 1;
  for (unsigned round = 0; round < 500; ++round) {
    for (unsigned at = 0; at < 4096; ++at) {
      sum = sum * 1664525u + 1013904223u + table[(sum >> 8) & 4095u];
      table[at] = sum ^ round;
    }
  }
  result = sum;
  (void)result;
  return thread_micros() - begun;
}

Task<bool> build(const Toolchain& compiler, fs::path source, fs::path program, const Target& target) {
  ProcessSpec spec;
  spec.argv = {compiler.program.string(), "-O2"};
  const auto& flags = compiler.spec.flags;
  spec.argv.insert(spec.argv.end(), flags.begin(), flags.end());
  if (!target.links.empty()) {
    if (const auto link = compiler.spec.link_flags.find(target.links.front()); link != compiler.spec.link_flags.end())
      spec.argv.insert(spec.argv.end(), link->second.begin(), link->second.end());
  }
  spec.argv.insert(spec.argv.end(), {"-o", program.string(), source.string()});
  spec.env = compiler.env.empty() ? clean_environment() : compiler.env;
  spec.limit = std::chrono::minutes(1);
  const Completion completion = co_await run_process(std::move(spec));
  co_return exited_with(completion, 0);
}

std::string key_of(const PreparedTarget& target, const Toolchain& compiler) {
  utsname host{};
  ::uname(&host);
  const auto day = std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now()).time_since_epoch().count();
  return sha256_hex(fmt::format("calibration\n{}\n{}\n{}\n{}\n{}\n{}", XTEST_VERSION, target.target.triple,
                                target.executor_identity, compiler.identity, host.nodename, day));
}

std::optional<Calibration> remembered(ActionCache& cache, const std::string& key) {
  const auto text = cache.find_text(key);
  Calibration found;
  std::size_t used = 0;
  if (!text || std::sscanf(text->c_str(), "%lf %zn", &found.factor, &used) != 1) return std::nullopt;
  found.text = text->substr(used) + " (measured before)";
  return found;
}

Task<std::optional<Calibration>> measure(const Prepared& prepared, const Toolchain& compiler, const Folders& folders,
                                         fs::path work) {
  const fs::path program = work / prepared.target.target.triple / "calibrate.exe";
  std::error_code ignored;
  fs::create_directories(program.parent_path(), ignored);
  const fs::path source = folders.locations.data / "suites" / "calibrate" / "loop.c";
  if (!co_await build(compiler, source, program, prepared.target.target)) co_return std::nullopt;
  RunRequest request;
  request.command.argv.push_back(PathRef{program});
  request.command.limits.wall = std::chrono::minutes(2);
  Timed timed;
  try {
    timed = co_await time_once(*prepared.executor, request);
  } catch (const Error&) {
    co_return std::nullopt;
  }
  if (!exited_with(timed.completion, 0)) co_return std::nullopt;
  const double there = static_cast<double>(timed.cpu.count());
  const double here = native_micros();
  Calibration found;
  found.factor = std::clamp(there / here, 1.0, 1000.0);
  found.text = fmt::format("{:.0f} ms there, {:.0f} ms here: time limits x{:.1f}", there / 1000, here / 1000, found.factor);
  co_return found;
}

}  // namespace

Task<std::optional<Calibration>> calibrate(const Prepared& prepared, const Folders& folders, fs::path work,
                                           ActionCache* cache) {
  const auto compiler = prepared.target.toolchains.find(Language::c);
  if (!prepared.executor || compiler == prepared.target.toolchains.end()) co_return std::nullopt;
  const std::string key = key_of(prepared.target, compiler->second);
  if (cache) {
    if (auto known = remembered(*cache, key)) co_return known;
  }
  const auto found = co_await measure(prepared, compiler->second, folders, work);
  if (found && cache) cache->store_text(key, fmt::format("{:.3f} {}", found->factor, found->text));
  co_return found;
}

}  // namespace xtest
