// SPDX-License-Identifier: Apache-2.0
// One row of the contract over executors: a target with one of its executors, tests/helpers/contract.c built for it, and
// a session that all tests of the row share until one drops it.
//
// Owned by the fixture, used on the test's thread, which drives the io_context. Where the compiler or the emulator is
// absent, why_not() says so and nothing else may be asked.
#pragma once

#include "emulators/executor.h"
#include "tests/support/guest_window.h"
#include "tests/support/serial_machine.h"
#include "tests/support/ssh_server.h"

#include <sys/types.h>

#include <iosfwd>
#include <memory>
#include <string>
#include <vector>

namespace xtest {

struct ContractRow {
  std::string label, triple, executor;
  std::map<std::string, std::string> settings;       // in place of the target file's
  bool is_dropbear = false;                          // for "remote": the server
  bool knows_pipe = true;                            // tells death by SIGPIPE from exit code 141
  std::string login_shell = {};                      // on the server; empty: the user's
  std::vector<std::string> configuration = {};       // further lines of sshd_config
};
std::ostream& operator<<(std::ostream& out, const ContractRow& row);

class ContractPlace {
 public:
  explicit ContractPlace(ContractRow row);
  ContractPlace(const ContractPlace&) = delete;
  ContractPlace& operator=(const ContractPlace&) = delete;
  ~ContractPlace();

  const std::string& why_not() const { return why_not_; }
  const Target& target() const { return target_; }
  bool is_guest() const { return row_.executor == "vm"; }
  bool is_far() const { return row_.executor == "remote" || row_.executor == "serial" || is_guest(); }
  bool knows_pipe() const { return row_.knows_pipe; }
  bool can_look() const { return row_.knows_pipe; }                    // into a program: both are beyond a shell
  bool keeps_empty_folders() const { return !can_look(); }             // sh removes them by the dozen, the last ones in the end
  bool hears_our_end() const { return row_.executor != "serial"; }     // a line does not tell that we have gone
  bool is_windows() const { return target_.triple.find("windows") != std::string::npos; }
  const std::filesystem::path& folder() const { return folder_; }      // everything of this row is below it
  const std::filesystem::path& program() const { return program_; }
  asio::io_context& io() { return io_; }
  Executor& executor() { return *executor_; }
  SshServer& server() { return *server_; }                 // of "remote"
  // One more of the same kind, not yet asked whether it is available.
  std::shared_ptr<Executor> another(const std::map<std::string, std::string>& settings = {}, const std::string& arch = "");
  std::shared_ptr<Executor> another_in(const std::filesystem::path& folder);   // scratch and cache are there

  Session& session();                                // opened when there is none
  void use(std::shared_ptr<Executor> executor);      // from now on, instead
  void drop_session();
  RunRequest request(std::vector<std::string> words) const;            // program() with these words
  void stage(const RunRequest& request);
  Completion run(RunRequest request);
  Completion run(std::vector<std::string> words) { return run(request(std::move(words))); }
  std::string out_of(std::vector<std::string> words);                  // stdout of a run that must exit with 0

  // Where the programs run: in a guest, or on this machine.
  std::vector<std::string> processes_with(const std::string& text);
  std::vector<std::string> processes_left_with(const std::string& text);      // after a moment for those that are ending
  pid_t agent_running(const std::string& mark);      // 0: none
  void kill(pid_t pid);
  bool exists(const std::string& path);
  std::string folders_begin() const { return is_guest() ? "/tmp/xtest-" : folder_.string(); }

 private:
  void find_target();
  void build();
  std::shared_ptr<Executor> make(const Target& target, const ExecutorSpec& spec, const std::filesystem::path& place);

  void find_server();
  void find_machine();
  GuestWindow& window();

  ContractRow row_;
  asio::io_context io_;
  std::unique_ptr<SshServer> server_;
  std::unique_ptr<SerialMachine> machine_;
  std::filesystem::path folder_, program_;
  Target target_;
  ExecutorSpec spec_;
  std::string why_not_;
  std::shared_ptr<Executor> executor_;
  std::unique_ptr<Session> session_;
  std::unique_ptr<GuestWindow> window_;      // into its guest
};

// Living processes of this machine whose command line or environment holds the text; none but ours should.
std::vector<std::string> processes_with(const std::string& text);
std::vector<std::string> processes_left_with(const std::string& text);      // after a moment for those that are ending
pid_t agent_running(const std::string& mark);      // our agent that started the process with this word; 0: none
pid_t parent_running(const std::string& mark);     // whoever did

}  // namespace xtest
