// SPDX-License-Identifier: Apache-2.0
#include "emulators/vm/trial.h"

#include "emulators/vm/snapshot.h"
#include "runner/base/error.h"
#include "runner/base/files.h"
#include "runner/base/hash.h"

#include <sys/utsname.h>

#include <optional>

namespace xtest {
namespace {

namespace fs = std::filesystem;

constexpr auto kept = std::chrono::days(7);
constexpr auto patience = std::chrono::seconds(20);    // more than ten times what acceleration needs

fs::path file_of(const MachineOptions& base, const std::string& accelerator, const std::string& version, const fs::path& cache) {
  utsname host{};
  ::uname(&host);
  const std::string all = accelerator + "\n" + version + "\n" + base.recipe.digest + "\n" + host.nodename + "\n" + host.release + "\n" + host.version;
  return cache / "acceleration" / sha256_hex(all).substr(0, 16);
}

// "" : it works.
std::optional<std::string> remembered(const fs::path& file) {
  std::error_code error;
  const auto written = fs::last_write_time(file, error);
  if (error || written + kept < fs::file_time_type::clock::now()) return std::nullopt;
  return read_file(file);
}

Task<std::string> why_not(MachineOptions base) {
  const fs::path folder = base.folder;
  fs::create_directories(folder);
  std::string why;
  try {
    Snapshot place{folder};
    MachineOptions options = co_await first_boot(std::move(place), std::move(base));
    const auto machine = co_await Machine::start(std::move(options));
    co_await machine->connect(patience);
  } catch (const Error& error) {
    why = error.what();
  }
  std::error_code ignored;
  fs::remove_all(folder, ignored);
  co_return why.substr(0, why.find('\n'));
}

}  // namespace

Task<Acceleration> try_acceleration(Acceleration found, MachineOptions base, std::string version, fs::path cache, Progress progress) {
  if (found.name == "tcg") co_return found;
  const fs::path file = file_of(base, found.name, version, cache);
  std::optional<std::string> why = remembered(file);
  if (!why) {
    progress("trying whether " + base.recipe.name + " comes up under " + found.name);
    base.accelerator = found.name;
    why = co_await why_not(std::move(base));
    fs::create_directories(file.parent_path());
    write_file(file, *why);
  }
  if (!why->empty()) found = {"tcg", "no hardware acceleration: under " + found.name + " " + *why};
  co_return found;
}

}  // namespace xtest
