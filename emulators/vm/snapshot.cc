// SPDX-License-Identifier: Apache-2.0
#include "emulators/vm/snapshot.h"

#include "emulators/guest/guest_session.h"
#include "emulators/vm/overlay.h"
#include "emulators/vm/qemu_words.h"
#include "runner/base/error.h"
#include "runner/base/fd.h"
#include "runner/base/files.h"
#include "runner/base/hash.h"
#include "runner/base/text.h"
#include "runner/store/lock.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
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
  std::vector<fs::path> files{snapshot.state()};
  for (const fs::path& more : {snapshot.memory(), snapshot.disk()}) {
    if (fs::exists(more)) files.push_back(more);
  }
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
  if (!sealed || !fs::exists(snapshot.state())) return false;
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
  progress((fs::exists(wanted.folder / "sealed") ? "the snapshot is damaged; booting " : "booting ") + base.recipe.name + " once");
  remove_old(home);
  fs::remove_all(wanted.folder);
  const Snapshot partial{home / "partial"};
  fs::remove_all(partial.folder);
  fs::create_directories(partial.folder);
  if (const std::string why = why_no_memory_file(partial.folder, base.recipe.machine.memory_mib); !why.empty())
    progress("its memory is streamed, which takes each guest longer: " + why);
  co_await boot_and_freeze(std::move(base), std::move(agent), partial);
  const std::string sums = digests(partial);
  fs::rename(partial.folder, wanted.folder);
  seal(wanted, sums);
  co_return wanted;
}

std::string why_no_memory_file(const fs::path& folder, int mib) {
  const std::uintmax_t bytes = static_cast<std::uintmax_t>(mib) << 20;
  std::error_code error;
  if (const auto space = fs::space(folder, error); !error && space.available < bytes)
    return folder.string() + " has room for " + human_bytes(space.available) + ", the memory has " + human_bytes(bytes);
  const fs::path file = folder / "probe";
  const UniqueFd fd(::open(file.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  void* mapped = MAP_FAILED;
  if (fd && ::ftruncate(fd.get(), static_cast<off_t>(bytes)) == 0) mapped = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
  const std::string why = std::strerror(errno);
  fs::remove(file, error);
  if (mapped == MAP_FAILED) return "a file in " + folder.string() + " cannot be mapped: " + why;
  ::munmap(mapped, bytes);
  return "";
}

void forget(const Snapshot& snapshot) {
  std::error_code ignored;
  fs::remove(snapshot.folder / "sealed", ignored);
}

Task<MachineOptions> first_boot(Snapshot into, MachineOptions base) {
  fs::remove(into.memory());
  base.memory = why_no_memory_file(into.folder, base.recipe.machine.memory_mib).empty() ? into.memory() : fs::path();
  base.is_clone = false;
  auto below = base_disk(base.recipe, base.image);
  if (!below) co_return base;
  base.disk = into.disk();
  co_await make_overlay(std::move(*below), base.disk);
  co_return base;
}

Task<MachineOptions> clone_of(Snapshot snapshot, MachineOptions base) {
  base.memory = fs::exists(snapshot.memory()) ? snapshot.memory() : fs::path();
  base.is_clone = true;
  if (!fs::exists(snapshot.disk())) co_return base;
  fs::create_directories(base.folder);
  base.disk = base.folder / "disk";
  BaseDisk frozen{snapshot.disk(), MediaFormat::qcow2};
  co_await make_overlay(std::move(frozen), base.disk);
  co_return base;
}

}  // namespace xtest
