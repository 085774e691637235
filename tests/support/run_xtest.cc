// SPDX-License-Identifier: Apache-2.0
#include "tests/support/run_xtest.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <thread>

#include "tests/support/playground.h"

namespace xtest {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kPause{10};

std::string text_of(int fd) {
  struct stat facts {};
  ::fstat(fd, &facts);
  std::string text(static_cast<std::size_t>(facts.st_size), '\0');
  const ssize_t got = ::pread(fd, text.data(), text.size(), 0);
  text.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
  return text;
}

int file_with(const char* name, const std::string& text) {
  const int fd = ::memfd_create(name, MFD_CLOEXEC);
  if (::write(fd, text.data(), text.size()) != static_cast<ssize_t>(text.size())) ADD_FAILURE() << "no room for " << name;
  ::lseek(fd, 0, SEEK_SET);
  return fd;
}

// Programs that share it write one behind the other; without O_APPEND two writes to a memfd may take the same place.
int file_to_write(const char* name) {
  const int fd = file_with(name, {});
  ::fcntl(fd, F_SETFL, O_APPEND);
  return fd;
}

std::vector<std::string> environment_of(const Call& call) {
  const char* home = std::getenv("HOME");
  std::map<std::string, std::string> pairs{{"PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
                                           {"HOME", home ? home : "/"},
                                           {"LC_ALL", "C.UTF-8"},
                                           {"XTEST_CACHE_DIR", shared_cache().string()}};
  for (const auto& [name, value] : call.env) pairs[name] = value;
  std::vector<std::string> words;
  for (const auto& [name, value] : pairs) words.push_back(name + "=" + value);
  return words;
}

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> all;
  for (std::string& word : words) all.push_back(word.data());
  all.push_back(nullptr);
  return all;
}

}  // namespace

std::string describe(const Ran& ran) {
  std::string how = ran.code ? "exit code " + std::to_string(*ran.code) : "signal " + std::to_string(ran.signal);
  if (ran.timed_out) how += ", it was killed because its time was over";
  return how + " after " + std::to_string(ran.wall.count()) + " ms\n[stdout]\n" + ran.out.substr(0, 8000) + "\n[stderr]\n" +
         ran.err.substr(0, 8000);
}

Running::Running(const Call& call) : call_(call), began_(steady_clock::now()) {
  std::vector<std::string> env = environment_of(call_);
  const std::vector<char*> argv = pointers(call_.argv), envp = pointers(env);
  const int in = file_with("in", call_.input);
  out_ = file_to_write("out");
  err_ = file_to_write("err");
  pid_ = ::fork();
  if (pid_ == 0) {
    ::setsid();
    for (int number = 1; number < NSIG; ++number) ::signal(number, SIG_DFL);   // a shell starts `tests &` with some ignored
    ::dup2(in, 0);
    ::dup2(out_, 1);
    ::dup2(err_, 2);
    if (call_.cwd.empty() || ::chdir(call_.cwd.c_str()) == 0) ::execvpe(argv[0], argv.data(), envp.data());
    ::_exit(127);
  }
  ::close(in);
}

Running::~Running() {
  if (pid_ > 0) {
    ::kill(-pid_, SIGKILL);
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  ::close(out_);
  ::close(err_);
}

void Running::send(int signal) const { ::kill(pid_, signal); }

bool Running::has_ended() const {
  siginfo_t facts{};
  return ::waitid(P_PID, static_cast<id_t>(pid_), &facts, WEXITED | WNOWAIT | WNOHANG) != 0 || facts.si_pid != 0;
}

bool Running::says(const std::string& text, std::chrono::seconds patience) {
  const auto until = steady_clock::now() + patience;
  while (text_of(err_).find(text) == std::string::npos) {
    if (steady_clock::now() > until || has_ended()) return text_of(err_).find(text) != std::string::npos;
    std::this_thread::sleep_for(kPause);
  }
  return true;
}

Ran Running::wait() {
  Ran ran;
  while (!has_ended() && !ran.timed_out) {
    ran.timed_out = steady_clock::now() - began_ > call_.limit;
    std::this_thread::sleep_for(kPause);
  }
  ran.wall = std::chrono::duration_cast<milliseconds>(steady_clock::now() - began_);
  ::kill(-pid_, SIGKILL);
  int status = 0;
  ::waitpid(std::exchange(pid_, -1), &status, 0);
  if (WIFEXITED(status)) ran.code = WEXITSTATUS(status);
  else ran.signal = WTERMSIG(status);
  ran.out = text_of(out_);
  ran.err = text_of(err_);
  return ran;
}

Ran run_program(const Call& call) {
  Running running(call);
  return running.wait();
}

}  // namespace xtest
