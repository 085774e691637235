// SPDX-License-Identifier: Apache-2.0
#include "tests/support/contract_place.h"

#include "emulators/host/host.h"
#include "emulators/qemu_user/qemu_user.h"
#include "emulators/remote/remote.h"
#include "emulators/serial/serial.h"
#include "emulators/vm/vm.h"
#include "emulators/wine/wine.h"
#include "runner/base/files.h"
#include "runner/base/process.h"
#include "targets/load.h"
#include "targets/toolchain.h"
#include "tests/support/run_task.h"
#include "tests/support/temp_folder.h"

#include <gtest/gtest.h>

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <ostream>
#include <thread>

namespace xtest {
namespace {

namespace fs = std::filesystem;

// A process may end while its files are read.
std::string read_whole(const fs::path& file) { return read_file(file).value_or(""); }

template <class Visit>
void for_each_process(Visit visit) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator("/proc", ignored)) {
    const std::string name = entry.path().filename();
    if (std::ranges::all_of(name, [](unsigned char c) { return std::isdigit(c) != 0; }))
      visit(std::stoi(name), entry.path());
  }
}

pid_t parent_of(const fs::path& process) {
  const std::string stat = read_whole(process / "stat");
  const auto close = stat.rfind(')');
  return close == std::string::npos ? 0 : std::atoi(stat.c_str() + std::min(stat.size(), close + 4));
}

// Built once for all far places: agents, images, snapshots.
fs::path far_cache() {
  static const TempFolder cache;
  return cache.path();
}

// What `look` still sees after a moment.
template <class Look>
std::vector<std::string> left(Look look) {
  std::vector<std::string> seen = look();
  for (int turn = 0; turn < 20 && !seen.empty(); ++turn) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    seen = look();
  }
  return seen;
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const ContractRow& row) { return out << row.triple << " on " << row.label; }

ContractPlace::ContractPlace(ContractRow row) : row_(std::move(row)) {
  std::string pattern = fs::temp_directory_path() / "xtest-contract-XXXXXX";
  folder_ = ::mkdtemp(pattern.data());
  find_target();
  if (row_.executor == "remote") find_server();
  if (row_.executor == "serial") find_machine();
  if (why_not_.empty()) build();
  if (!why_not_.empty()) return;
  executor_ = another();
  const Availability availability = run_task(io_, executor_->available());
  if (!availability.usable) why_not_ = availability.why;
}

ContractPlace::~ContractPlace() {
  session_.reset();
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

void ContractPlace::find_target() {
  target_ = TargetLibrary({fs::path(XTEST_SOURCE_DIR) / "targets" / "data"}).find(row_.triple);
  for (const ExecutorSpec& spec : target_.executors) {
    if (spec.name == row_.executor) spec_ = spec;
  }
  for (const auto& [key, value] : row_.settings) spec_.settings[key] = value;
}

// The far side is this machine, and its folders are ours.
void ContractPlace::find_server() {
  server_ = std::make_unique<SshServer>(io_, SshServerKind{row_.configuration, row_.login_shell, row_.is_dropbear});
  why_not_ = server_->why_not();
  if (!why_not_.empty()) return;
  const SshOptions ssh = server_->options();
  spec_.name = "remote";
  spec_.settings.insert({{"user", ssh.user}, {"host", ssh.host}, {"port", std::to_string(ssh.port)}, {"key", ssh.private_key.string()},
                         {"known_hosts", server_->known_hosts().string()}, {"folder", folder_.string()}});
}

void ContractPlace::find_machine() {
  why_not_ = SerialMachine::why_not();
  if (!why_not_.empty()) return;
  machine_ = std::make_unique<SerialMachine>(io_, folder_, row_.label == "serial_tty" ? LineEnd::tty : LineEnd::socket);
  spec_.name = "serial";
  spec_.settings.insert({{"path", machine_->path()}, {"baud", "115200"}, {"folder", folder_.string()}});
}

void ContractPlace::build() {
  const auto found = run_task(io_, find_toolchain(target_, Language::c, folder_ / "cache"));
  if (!found) {
    why_not_ = found.error().why;
    return;
  }
  program_ = folder_ / (is_windows() ? "contract.exe" : "contract");
  const std::string link = link_kinds(target_, Language::c).front();
  ProcessSpec spec;
  spec.argv = {found->program.string()};
  spec.argv.insert(spec.argv.end(), found->spec.flags.begin(), found->spec.flags.end());
  spec.argv.insert(spec.argv.end(), {"-o", program_.string(), XTEST_SOURCE_DIR "/tests/helpers/contract.c"});
  const auto& flags = found->spec.link_flags.at(link);
  spec.argv.insert(spec.argv.end(), flags.begin(), flags.end());
  if (is_windows()) spec.argv.push_back("-municode");
  spec.env = found->env;
  const Completion built = run_task(io_, run_process(std::move(spec)));
  if (!exited_with(built, 0)) why_not_ = "the compiler " + describe(built.how) + ": " + built.err.text;
}

std::shared_ptr<Executor> ContractPlace::make(const Target& target, const ExecutorSpec& spec, const fs::path& place) {
  const ExecutorContext context{XTEST_AGENT, XTEST_SOURCE_DIR, place / "scratch", is_far() ? far_cache() : place / "cache", place / "consoles"};
  if (spec.name == "host") return make_host_executor(target, spec, context);
  if (spec.name == "serial") return make_serial_executor(target, spec, context);
  if (spec.name == "remote") return make_remote_executor(target, spec, context);
  if (spec.name == "vm") return make_vm_executor(target, spec, context);
  if (spec.name == "qemu-user") return make_qemu_user_executor(target, spec, context);
  return make_wine_executor(target, spec, context);
}

std::shared_ptr<Executor> ContractPlace::another(const std::map<std::string, std::string>& settings,
                                                 const std::string& arch) {
  if (row_.executor == "serial" && session_) {      // which has the line for itself
    run_task(io_, session_->close());
    drop_session();
  }
  Target target = target_;
  ExecutorSpec spec = spec_;
  if (!arch.empty()) target.arch = arch;
  for (const auto& [key, value] : settings) spec.settings[key] = value;
  return make(target, spec, folder_);
}

std::shared_ptr<Executor> ContractPlace::another_in(const fs::path& folder) {
  if (is_far() && !is_guest()) return another({{"folder", folder.string()}});
  return make(target_, spec_, folder);
}

Session& ContractPlace::session() {
  if (!session_) session_ = run_task(io_, executor_->open());
  return *session_;
}

RunRequest ContractPlace::request(std::vector<std::string> words) const {
  RunRequest request;
  request.command.argv.push_back(PathRef{program_});
  request.command.argv.insert(request.command.argv.end(), words.begin(), words.end());
  request.command.limits.wall = std::chrono::seconds(60);
  return request;
}

Completion ContractPlace::run(RunRequest request) {
  stage(request);
  return run_task(io_, session().run(std::move(request)));
}

// As the engine does; what is not there is left to the run.
void ContractPlace::stage(const RunRequest& request) {
  std::vector<fs::path> files;
  for (const Argument& argument : request.command.argv) {
    const auto* path = std::get_if<PathRef>(&argument);
    if (path && fs::exists(path->host)) files.push_back(path->host);
  }
  run_task(io_, session().stage(files));
}

void ContractPlace::use(std::shared_ptr<Executor> executor) {
  drop_session();
  executor_ = std::move(executor);
}

// The far side learns of it by the end of the connection.
void ContractPlace::drop_session() {
  window_.reset();
  session_.reset();
  io_.restart();
  io_.run_for(std::chrono::milliseconds(is_far() ? 300 : 0));
}

std::string ContractPlace::out_of(std::vector<std::string> words) {
  const Completion completion = run(std::move(words));
  EXPECT_EQ(describe(completion.how), "exited with 0") << completion.err.text;
  return completion.out.text;
}

GuestWindow& ContractPlace::window() {
  if (!window_ || !window_->is_open()) window_ = std::make_unique<GuestWindow>(io_, spec_.settings.at("image"), far_cache(), folder_ / "scratch");
  return *window_;
}

std::vector<std::string> ContractPlace::processes_with(const std::string& text) {
  return is_guest() ? window().processes_with(text) : xtest::processes_with(text);
}

std::vector<std::string> ContractPlace::processes_left_with(const std::string& text) {
  return left([&] { return processes_with(text); });
}

pid_t ContractPlace::agent_running(const std::string& mark) {
  if (is_guest()) return window().parent_running(mark);
  return is_far() ? parent_running(mark) : xtest::agent_running(mark);
}

void ContractPlace::kill(pid_t pid) {
  if (is_guest()) window().kill(pid);
  else ::kill(pid, SIGKILL);
}

bool ContractPlace::exists(const std::string& path) { return is_guest() ? window().exists(path) : fs::exists(path); }

std::vector<std::string> processes_with(const std::string& text) {
  std::vector<std::string> found;
  for_each_process([&](pid_t pid, const fs::path& process) {
    std::string line = read_whole(process / "cmdline");
    if (pid == ::getpid() || line.empty()) return;
    if (line.find(text) == std::string::npos && read_whole(process / "environ").find(text) == std::string::npos) return;
    std::ranges::replace(line, '\0', ' ');
    found.push_back(std::to_string(pid) + " " + line);
  });
  return found;
}

std::vector<std::string> processes_left_with(const std::string& text) {
  return left([&] { return processes_with(text); });
}

pid_t parent_running(const std::string& mark) {
  pid_t found = 0;
  for_each_process([&](pid_t pid, const fs::path& process) {
    if (pid != ::getpid() && read_whole(process / "cmdline").find(mark) != std::string::npos) found = parent_of(process);
  });
  return found;
}

pid_t agent_running(const std::string& mark) {
  pid_t found = 0;
  for_each_process([&](pid_t, const fs::path& process) {
    const pid_t parent = parent_of(process);
    const fs::path agent = fs::path("/proc") / std::to_string(parent);
    if (read_whole(process / "cmdline").find(mark) == std::string::npos || parent_of(agent) != ::getpid()) return;
    if (read_whole(agent / "cmdline").starts_with(XTEST_AGENT)) found = parent;
  });
  return found;
}

}  // namespace xtest
