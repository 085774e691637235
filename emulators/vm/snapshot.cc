// SPDX-License-Identifier: Apache-2.0
#include "emulators/vm/snapshot.h"

#include "emulators/guest/guest_session.h"
#include "emulators/vm/overlay.h"
#include "emulators/vm/qemu_words.h"
#include "runner/base/error.h"
#include "runner/base/files.h"
#include "runner/base/hash.h"
#include "runner/store/lock.h"

#include <sys/stat.h>

#include <optional>

namespace xtest {
namespace {

namespace fs = std::filesystem;

constexpr auto kept_unused = std::chrono::days(7);

std::string key_of(const MachineOptions& base, const std::string& version, const fs::path& agent) {
  std::string all = "snapshot 1\n" + version + "\n" + base.image.host_key() + "\n" + sha256_file(agent) + "\n";
  for (const std::string& word : hardware(base.recipe, base.image, base.accelerator, base_disk(base.recipe, base.image) ? "disk" : "")) all += word + "\n";
  return sha256_hex(all).substr(0, 16);
}

// A file that nobody has touched since it was looked at needs no second look.
std::string identity(const fs::path& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) return "absent";
  const auto stamp = [](const timespec& time) { return std::to_string(time.tv_sec) + "." + std::to_string(time.tv_nsec); };
  return std::to_string(status.st_ino) + " " + std::to_string(status.st_size) + " " + stamp(status.st_mtim) + " " + stamp(status.st_ctim);
}

std::vector<fs::path> parts(const Snapshot& snapshot) {
  std::vector<fs::path> files{snapshot.memory(), snapshot.state()};
  if (fs::exists(snapshot.disk())) files.push_back(snapshot.disk());
  return files;
}

std::string identities(const Snapshot& snapshot) {
  std::string all;
  for (const fs::path& part : parts(snapshot)) all += identity(part) + "\n";
  return all;
}

std::string digests(const Snapshot& snapshot) {
  std::string all;
  for (const fs::path& part : parts(snapshot)) all += sha256_file(part) + "\n";
  return all;
}

void seal(const Snapshot& snapshot, const std::string& sums) {
  if (write_file(snapshot.folder / "sealed", sums + identities(snapshot)) != 0)
    throw Error(ErrorKind::infra, "cannot write " + (snapshot.folder / "sealed").string());
}

bool is_whole(const Snapshot& snapshot) {
  const auto sealed = read_file(snapshot.folder / "sealed");
  if (!sealed || !fs::exists(snapshot.memory()) || !fs::exists(snapshot.state())) return false;
  if (sealed->ends_with("\n" + identities(snapshot))) return true;
  const std::string sums = digests(snapshot);
  if (!sealed->starts_with(sums)) return false;
  seal(snapshot, sums);
  return true;
}

// Other versions of qemu, xtest or the machine made them.
void remove_old(const fs::path& home) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(home, error)) {
    const auto used = fs::last_write_time(entry.path(), error);
    if (entry.is_directory() && !error && used + kept_unused < fs::file_time_type::clock::now()) fs::remove_all(entry.path(), error);
  }
}

Task<void> boot_and_freeze(MachineOptions base, fs::path agent, Snapshot into) {
  MachineOptions options = co_await first_boot(into, std::move(base));
  const auto patience = options.recipe.reach.patience;
  const auto machine = co_await Machine::start(std::move(options));
  {
    auto connection = co_await machine->connect(patience);
    const std::string made = std::string("mkdir -p ") + agent_in_snapshot;
    const Completion done = co_await connection->run(made);
    if (!exited_with(done, 0)) throw Error(ErrorKind::infra, made + " " + describe(done.how) + " in a guest");
    const auto side = FarSide::at(std::move(connection), agent_in_snapshot);
    co_await GuestSession::send_agent(*side, std::move(agent));
  }
  co_await machine->freeze(into.state());
}

}  // namespace

Task<Snapshot> provide_snapshot(MachineOptions base, std::string version, fs::path agent, Progress progress) {
  const fs::path home = base.image.folder / "snapshots";
  const Snapshot wanted{home / key_of(base, version, agent)};
  fs::create_directories(home);
  const FileLock lock = co_await FileLock::lock(home / "lock", [&](const fs::path&) { progress("waiting for another xtest that boots " + base.recipe.name); });
  if (is_whole(wanted)) {
    fs::last_write_time(wanted.folder, fs::file_time_type::clock::now());
    co_return wanted;
  }
  progress((fs::exists(wanted.folder) ? "the snapshot is damaged; booting " : "booting ") + base.recipe.name + " once");
  remove_old(home);
  fs::remove_all(wanted.folder);
  const Snapshot partial{home / "partial"};
  fs::remove_all(partial.folder);
  fs::create_directories(partial.folder);
  co_await boot_and_freeze(std::move(base), std::move(agent), partial);
  const std::string sums = digests(partial);
  fs::rename(partial.folder, wanted.folder);
  seal(wanted, sums);
  co_return wanted;
}

Task<MachineOptions> first_boot(Snapshot into, MachineOptions base) {
  fs::remove(into.memory());
  base.memory = into.memory();
  base.is_clone = false;
  auto below = base_disk(base.recipe, base.image);
  if (!below) co_return base;
  base.disk = into.disk();
  co_await make_overlay(std::move(*below), base.disk);
  co_return base;
}

Task<MachineOptions> clone_of(Snapshot snapshot, MachineOptions base) {
  base.memory = snapshot.memory();
  base.is_clone = true;
  if (!fs::exists(snapshot.disk())) co_return base;
  fs::create_directories(base.folder);
  base.disk = base.folder / "disk";
  BaseDisk frozen{snapshot.disk(), MediaFormat::qcow2};
  co_await make_overlay(std::move(frozen), base.disk);
  co_return base;
}

}  // namespace xtest
