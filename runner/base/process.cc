// SPDX-License-Identifier: Apache-2.0
#include "runner/base/process.h"

#include "runner/base/capture.h"
#include "runner/base/fd.h"
#include "runner/base/signals.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>

namespace xtest {

namespace {

using std::chrono_literals::operator""ms;
using Steady = std::chrono::steady_clock;

constexpr auto pipe_grace = 300ms;       // for a program's pipes after it has exited
constexpr auto drain_grace = 100ms;      // for the same pipes after the group was killed
constexpr auto busy_retry = 10ms;        // an executable that somebody still holds open for writing
constexpr int busy_retries = 20;

// ---- spawning ----

class FileActions {
 public:
  FileActions() { posix_spawn_file_actions_init(&actions_); }
  ~FileActions() { posix_spawn_file_actions_destroy(&actions_); }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;

  void connect(int ours, int theirs) { posix_spawn_file_actions_adddup2(&actions_, ours, theirs); }
  void null(int theirs) { posix_spawn_file_actions_addopen(&actions_, theirs, "/dev/null", O_RDWR, 0); }
  void close(int theirs) { posix_spawn_file_actions_addclose(&actions_, theirs); }
  void close_from(int first) { posix_spawn_file_actions_addclosefrom_np(&actions_, first); }
  void change_folder(const std::string& to) { posix_spawn_file_actions_addchdir_np(&actions_, to.c_str()); }
  const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_;
};

class SpawnAttributes {
 public:
  SpawnAttributes() {
    posix_spawnattr_init(&attributes_);
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  ~SpawnAttributes() { posix_spawnattr_destroy(&attributes_); }
  SpawnAttributes(const SpawnAttributes&) = delete;
  SpawnAttributes& operator=(const SpawnAttributes&) = delete;
  const posix_spawnattr_t* get() const { return &attributes_; }

 private:
  posix_spawnattr_t attributes_;
};

// Connects every wanted descriptor by way of a copy above all of the child's numbers, so that no dup2 overwrites a
// source that is still needed. The copies are closed by close_from.
std::vector<UniqueFd> connect_descriptors(FileActions& actions, const std::vector<std::pair<int, int>>& wanted) {
  int last = 2;
  for (const auto& [ours, theirs] : wanted) last = std::max(last, theirs);
  std::vector<UniqueFd> copies;
  std::vector<bool> taken(static_cast<std::size_t>(last) + 1, false);
  for (const auto& [ours, theirs] : wanted) {
    copies.emplace_back(::fcntl(ours, F_DUPFD_CLOEXEC, last + 1));
    if (!copies.back()) throw_errno("cannot duplicate a descriptor for a child");
    actions.connect(copies.back().get(), theirs);
    taken[static_cast<std::size_t>(theirs)] = true;
  }
  for (int number = 0; number <= last; ++number) {
    if (taken[static_cast<std::size_t>(number)]) continue;
    if (number <= 2) actions.null(number);
    else actions.close(number);
  }
  actions.close_from(last + 1);
  return copies;
}

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (const auto& text : texts) result.push_back(const_cast<char*>(text.c_str()));
  result.push_back(nullptr);
  return result;
}

std::string_view variable(const std::vector<std::string>& env, std::string_view name) {
  for (const std::string_view entry : env) {
    if (entry.size() > name.size() && entry.starts_with(name) && entry[name.size()] == '=') {
      return entry.substr(name.size() + 1);
    }
  }
  return {};
}

std::string cannot_start(const std::string& program, int error) {
  return "cannot start '" + program + "': " + std::generic_category().message(error);
}

std::expected<pid_t, std::string> spawn_session(const ProcessSpec& spec, std::vector<std::pair<int, int>> wanted) {
  if (spec.argv.empty()) return std::unexpected("there is no program to start: the argument list is empty");
  if (!spec.cwd.empty() && !std::filesystem::is_directory(spec.cwd)) {
    return std::unexpected("cannot start '" + spec.argv[0] + "' in '" + spec.cwd.string() + "': no such folder");
  }
  auto program = spec.argv[0];
  if (program.find('/') == std::string::npos) {
    const auto path = variable(spec.env, "PATH");
    const auto found = find_program(program, path);
    if (!found) return std::unexpected("cannot start '" + program + "': not found on PATH (" + std::string(path) + ")");
    program = *found;
  }
  FileActions actions;
  const SpawnAttributes attributes;
  if (!spec.cwd.empty()) actions.change_folder(spec.cwd);
  wanted.insert(wanted.end(), spec.pass_fds.begin(), spec.pass_fds.end());
  const auto copies = connect_descriptors(actions, wanted);
  const auto argv = pointers(spec.argv);
  const auto env = pointers(spec.env);
  pid_t pid = -1;
  int error = ETXTBSY;
  for (int tries = 0; error == ETXTBSY && tries < busy_retries; ++tries) {
    if (tries > 0) ::usleep(std::chrono::microseconds(busy_retry).count());
    error = ::posix_spawn(&pid, program.c_str(), actions.get(), attributes.get(), argv.data(), env.data());
  }
  if (error != 0) return std::unexpected(cannot_start(program, error));
  return pid;
}

// ---- what /proc says of a session ----

struct Member { pid_t pid = 0; char state = '?'; std::string name; };

std::optional<Member> member_of(pid_t session, const std::filesystem::path& folder) {
  std::ifstream file(folder / "stat");
  std::string line;
  if (!std::getline(file, line)) return std::nullopt;
  const auto open = line.find('('), close = line.rfind(')');
  if (open == std::string::npos || close == std::string::npos) return std::nullopt;
  std::istringstream rest(line.substr(close + 1));
  Member member;
  pid_t parent = 0, group = 0, its_session = 0;
  rest >> member.state >> parent >> group >> its_session;
  if (its_session != session || member.state == 'Z') return std::nullopt;
  member.pid = std::atoi(line.c_str());
  member.name = line.substr(open + 1, close - open - 1);
  return member;
}

std::vector<Member> members(pid_t session) {
  std::vector<Member> found;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", ignored)) {
    if (!std::isdigit(static_cast<unsigned char>(entry.path().filename().string()[0]))) continue;
    if (auto member = member_of(session, entry.path())) found.push_back(std::move(*member));
  }
  return found;
}

std::string describe_members(pid_t session) {
  std::string text;
  for (const auto& member : members(session)) {
    std::string wchan = "-";
    std::ifstream("/proc/" + std::to_string(member.pid) + "/wchan") >> wchan;
    text += std::to_string(member.pid) + ' ' + member.state + ' ' + wchan + ' ' + member.name + '\n';
  }
  return text;
}

// ---- the leader of a session ----

Termination termination_of(int status) {
  if (WIFSIGNALED(status)) return Signalled{WTERMSIG(status), signal_name(WTERMSIG(status))};
  return Exited{WEXITSTATUS(status)};
}

// Owns the child's pid until it is reaped: while it is a zombie, its group id cannot be used again.
class Leader {
 public:
  Leader(asio::any_io_executor executor, pid_t pid) : pid_(pid), pidfd_(executor) {
    const auto fd = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
    if (fd < 0) {
      const int error = errno;
      kill_and_reap();
      throw std::system_error(error, std::generic_category(), "cannot watch a child (pidfd_open, Linux 5.3)");
    }
    pidfd_.assign(fd);
  }
  ~Leader() { kill_and_reap(); }
  Leader(const Leader&) = delete;
  Leader& operator=(const Leader&) = delete;

  pid_t pid() const { return pid_; }
  bool reaped() const { return reaped_; }
  int status() const { return status_; }
  const rusage& usage() const { return usage_; }
  asio::posix::stream_descriptor& pidfd() { return pidfd_; }

  bool has_exited() {
    if (reaped_) return true;
    siginfo_t info{};
    return ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOWAIT | WNOHANG) == 0 && info.si_pid == pid_;
  }
  void kill_group() {
    if (!reaped_) ::killpg(pid_, SIGKILL);
  }
  void kill_and_reap() {
    if (reaped_) return;
    kill_group();
    while (::wait4(pid_, &status_, 0, &usage_) < 0 && errno == EINTR) {}
    reaped_ = true;
  }

 private:
  pid_t pid_;
  asio::posix::stream_descriptor pidfd_;
  bool reaped_ = false;
  int status_ = 0;
  rusage usage_{};
};

// ---- one run ----

struct Pipe {
  Pipe(asio::any_io_executor executor, UniqueFd end, const ProcessSpec& spec)
      : stream(executor, end.release()), kept(spec.out_head, spec.out_tail) {}
  asio::posix::stream_descriptor stream;
  Capture kept;
  std::array<char, 16384> chunk;
  bool open = true;
};

// Handlers only set flags and wake the one coroutine that looks at them; they keep the object alive.
struct Running : std::enable_shared_from_this<Running> {
  Running(asio::any_io_executor executor, pid_t pid, UniqueFd out_end, UniqueFd err_end, const ProcessSpec& spec)
      : leader(executor, pid), out(executor, std::move(out_end), spec), err(executor, std::move(err_end), spec),
        wake(executor, Steady::time_point::max()), timer(executor) {}

  void watch() {
    read(out);
    read(err);
    watch_exit();
  }
  void read(Pipe& pipe) {
    pipe.stream.async_read_some(asio::buffer(pipe.chunk),
                                [self = shared_from_this(), &pipe](boost::system::error_code error, std::size_t size) {
                                  pipe.kept.add({pipe.chunk.data(), size});
                                  if (!error) return self->read(pipe);
                                  pipe.open = false;
                                  self->wake.cancel();
                                });
  }
  void watch_exit() {
    leader.pidfd().async_wait(asio::posix::stream_descriptor::wait_read,
                              [self = shared_from_this()](boost::system::error_code error) {
                                if (error) return;
                                self->exited = self->leader.has_exited();
                                if (!self->exited) return self->watch_exit();
                                self->wake.cancel();
                              });
  }
  void start_timer(Steady::duration after) {
    late = false;
    timer.expires_after(after);
    timer.async_wait([self = shared_from_this()](boost::system::error_code error) {
      if (error) return;
      self->late = true;
      self->wake.cancel();
    });
  }
  bool drained() const { return !out.open && !err.open; }
  void stop() {
    leader.kill_and_reap();
    leader.pidfd().close();
    out.stream.close();
    err.stream.close();
    timer.cancel();
  }

  Leader leader;
  Pipe out, err;
  asio::steady_timer wake, timer;
  bool exited = false;
  bool late = false;
};

// The coroutine's hold on a run: whichever way the frame goes, the group is killed and the leader reaped.
class Hold {
 public:
  explicit Hold(std::shared_ptr<Running> run) : run_(std::move(run)) {}
  ~Hold() { run_->stop(); }
  Hold(const Hold&) = delete;
  Hold& operator=(const Hold&) = delete;

 private:
  std::shared_ptr<Running> run_;
};

template <class Condition>
Task<void> until(std::shared_ptr<Running> run, Condition holds) {
  while (!holds()) {
    co_await run->wake.async_wait(asio::as_tuple(asio::use_awaitable));
    const auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none) {
      throw boost::system::system_error(asio::error::operation_aborted);
    }
  }
}

std::chrono::microseconds duration_of(const timeval& time) {
  return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
}

Usage usage_of(const rusage& used, Steady::duration wall) {
  Usage usage;
  usage.user = duration_of(used.ru_utime);
  usage.system = duration_of(used.ru_stime);
  usage.wall = std::chrono::duration_cast<std::chrono::microseconds>(wall);
  usage.max_rss_kib = used.ru_maxrss;
  return usage;
}

Task<Completion> supervise(std::shared_ptr<Running> run, std::optional<std::chrono::milliseconds> limit) {
  const Hold hold(run);
  const auto begin = Steady::now();
  Completion completion;
  run->watch();
  if (limit) run->start_timer(*limit);
  co_await until(run, [&] { return run->exited || run->late; });
  const bool timed_out = !run->exited;
  if (timed_out) {
    completion.evidence = describe_members(run->leader.pid());
    run->leader.kill_group();
    co_await until(run, [&] { return run->exited; });
  }
  const auto wall = Steady::now() - begin;
  run->start_timer(pipe_grace);
  co_await until(run, [&] { return run->drained() || run->late; });
  if (!run->drained()) {
    for (const auto& member : members(run->leader.pid())) {
      completion.strays.push_back(std::to_string(member.pid) + ' ' + member.name);
    }
    run->leader.kill_group();
    run->start_timer(drain_grace);
    co_await until(run, [&] { return run->drained() || run->late; });
  }
  run->leader.kill_and_reap();
  completion.how = timed_out ? Termination(TimedOut{}) : termination_of(run->leader.status());
  completion.usage = usage_of(run->leader.usage(), wall);
  completion.out = run->out.kept.take();
  completion.err = run->err.kept.take();
  co_return completion;
}

// Error: why it could not be started, be it for want of descriptors.
std::expected<std::shared_ptr<Running>, std::string> start(asio::any_io_executor executor, const ProcessSpec& spec) try {
  auto out = make_pipe();
  auto err = make_pipe();
  std::vector<std::pair<int, int>> wanted{{out.write.get(), 1}, {err.write.get(), 2}};
  if (spec.stdin_fd >= 0) wanted.emplace_back(spec.stdin_fd, 0);
  const auto pid = spawn_session(spec, std::move(wanted));
  if (!pid) return std::unexpected(pid.error());
  return std::make_shared<Running>(executor, *pid, std::move(out.read), std::move(err.read), spec);
} catch (const std::exception& error) {
  return std::unexpected(error.what());
}

}  // namespace

Task<Completion> run_process(ProcessSpec spec) {
  auto run = start(co_await asio::this_coro::executor, spec);
  if (run) co_return co_await supervise(std::move(*run), spec.limit);
  Completion completion;
  completion.how = NotStarted{run.error()};
  co_return completion;
}

// ---- Child ----

struct Child::State {
  State(asio::any_io_executor executor, pid_t pid) : leader(executor, pid) {}
  Leader leader;
};

std::expected<Child, std::string> Child::spawn(asio::any_io_executor executor, const ProcessSpec& spec) {
  std::vector<std::pair<int, int>> wanted;
  if (spec.stdin_fd >= 0) wanted.emplace_back(spec.stdin_fd, 0);
  const auto pid = spawn_session(spec, std::move(wanted));
  if (!pid) return std::unexpected(pid.error());
  return Child(std::make_unique<State>(executor, *pid));
}

Child::Child(std::unique_ptr<State> state) : state_(std::move(state)) {}
Child::Child(Child&&) noexcept = default;
Child& Child::operator=(Child&&) noexcept = default;
Child::~Child() = default;

pid_t Child::pid() const { return state_->leader.pid(); }

Task<Termination> Child::wait() {
  auto& leader = state_->leader;
  while (!leader.has_exited()) {
    co_await leader.pidfd().async_wait(asio::posix::stream_descriptor::wait_read, asio::use_awaitable);
  }
  co_return kill_group();
}

bool Child::exited_within(std::chrono::milliseconds patience) {
  auto& leader = state_->leader;
  pollfd watched{leader.pidfd().native_handle(), POLLIN, 0};
  if (!leader.has_exited()) ::poll(&watched, 1, static_cast<int>(patience.count()));
  return leader.has_exited();
}

Termination Child::kill_group() {
  auto& leader = state_->leader;
  leader.kill_and_reap();
  return termination_of(leader.status());
}

std::expected<pid_t, std::string> start_detached(const ProcessSpec& spec) { return spawn_session(spec, {}); }

// ---- looking around ----

namespace {

bool is_program(const std::filesystem::path& file) {
  std::error_code ignored;
  return std::filesystem::is_regular_file(file, ignored) && ::access(file.c_str(), X_OK) == 0;
}

std::string name_of(const std::string& entry) { return entry.substr(0, entry.find('=')); }

}  // namespace

std::optional<std::filesystem::path> find_program(std::string_view name, std::string_view path) {
  if (name.empty()) return std::nullopt;
  if (name.find('/') != std::string_view::npos) {
    if (is_program(name)) return std::filesystem::path(name);
    return std::nullopt;
  }
  while (!path.empty()) {
    const auto folder = path.substr(0, path.find(':'));
    path.remove_prefix(std::min(path.size(), folder.size() + 1));
    if (folder.empty()) continue;
    auto candidate = std::filesystem::path(folder) / name;
    if (is_program(candidate)) return candidate;
  }
  return std::nullopt;
}

std::vector<std::string> clean_environment(const std::vector<std::string>& extra) {
  std::vector<std::string> env{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                               "HOME=/nonexistent", "LANG=C", "TZ=UTC", "TMPDIR=/tmp"};
  for (const auto& entry : extra) {
    const auto same = std::find_if(env.begin(), env.end(),
                                   [&](const std::string& known) { return name_of(known) == name_of(entry); });
    if (same != env.end()) *same = entry;
    else env.push_back(entry);
  }
  return env;
}

}  // namespace xtest
