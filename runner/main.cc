// SPDX-License-Identifier: Apache-2.0
// Puts the parts together (every framework and executor is named here and nowhere else) and turns whatever goes wrong into
// one message and one exit code.
#include "emulators/host/host.h"
#include "emulators/qemu_user/qemu_user.h"
#include "emulators/remote/remote.h"
#include "emulators/serial/serial.h"
#include "emulators/vm/vm.h"
#include "emulators/wine/wine.h"
#include "runner/base/asio.h"
#include "runner/base/log.h"
#include "runner/cli/commands.h"
#include "runner/cli/exit_codes.h"
#include "suites/check_framework.h"
#include "suites/exit_code_framework.h"
#include "suites/libtest_framework.h"
#include "suites/probe_framework.h"

#include <fcntl.h>

#include <csignal>
#include <cstdio>
#include <iostream>
#include <optional>
#include <system_error>

namespace xtest {
namespace {

Registry make_registry() {
  Registry registry;
  registry.frameworks.push_back(std::make_unique<ProbeFramework>());
  registry.frameworks.push_back(std::make_unique<CheckFramework>());
  registry.frameworks.push_back(std::make_unique<ExitCodeFramework>());
  registry.frameworks.push_back(std::make_unique<LibtestFramework>());
  registry.executors = {
      {"host", make_host_executor}, {"qemu-user", make_qemu_user_executor}, {"remote", make_remote_executor},
      {"serial", make_serial_executor}, {"vm", make_vm_executor},
      {"wine", make_wine_executor}};
  return registry;
}

int exit_code_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::usage: return exit_code::usage;
    case ErrorKind::output: return exit_code::output;
    case ErrorKind::infra: return exit_code::infra;
    case ErrorKind::internal: break;
  }
  return exit_code::internal;
}

// One that is closed at our start would be given to a file, which then gets what is meant for stderr.
void fill_standard_descriptors() {
  for (const int fd : {0, 1, 2}) {
    if (::fcntl(fd, F_GETFD) == -1) ::open("/dev/null", O_RDWR);
  }
}

// What was printed counts only once it is written: a full disk or a reader that is gone is no success.
int flushed(int code) {
  std::cout.flush();
  const bool written = std::fflush(stdout) == 0 && std::cout.good();
  if (code == exit_code::ok && !written) throw Error(ErrorKind::output, "cannot write to standard output");
  return code;
}

// What the kernel refused, whichever library asked it.
std::optional<std::error_code> refused_by_system(const std::exception& error) {
  if (const auto* system = dynamic_cast<const std::system_error*>(&error)) return system->code();
  if (const auto* system = dynamic_cast<const boost::system::system_error*>(&error)) return std::error_code(system->code());
  return std::nullopt;
}

int report_trouble(const std::exception& error) {
  const auto refused = refused_by_system(error);
  if (!refused) {
    std::cerr << "error: internal: " << error.what() << "\n  this is a bug in xtest; please report it with the command line\n";
    return exit_code::internal;
  }
  std::cerr << "error: " << error.what() << "\n";
  if (refused == std::errc::too_many_files_open) std::cerr << "  raise the limit of open files (ulimit -n 256)\n";
  const bool is_output = refused == std::errc::broken_pipe || refused == std::errc::no_space_on_device;
  return is_output ? exit_code::output : exit_code::infra;
}

int run(int argc, char** argv) {
  const Registry registry = make_registry();
  Invocation invocation{registry, {argv + 1, argv + argc}, {}};
  CLI::App app{"xtest: builds probes and test suites for a target, executes them where it lives, and says what passes", "xtest"};
  app.set_version_flag("--version", "xtest " XTEST_VERSION);
  std::string log;
  app.add_option("--log", log, "areas and levels to log to stderr, such as ssh:debug");
  app.require_subcommand(1);
  for (const auto add : {add_run, add_again, add_targets, add_doctor, add_exec, add_warm, add_records, add_inspect, add_image, add_expect, add_explain}) add(app, invocation);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const bool asked = error.get_exit_code() == 0;
    app.exit(error);
    return asked ? exit_code::ok : exit_code::usage;
  }
  if (!log.empty()) Log::configure(log);
  return flushed(invocation.chosen());
}

}  // namespace
}  // namespace xtest

int main(int argc, char** argv) {
  ::signal(SIGPIPE, SIG_IGN);
  xtest::fill_standard_descriptors();
  try {
    return xtest::run(argc, argv);
  } catch (const xtest::Error& error) {
    std::cerr << "error: " << error.what() << "\n";
    if (!error.remedy().empty()) std::cerr << "  " << error.remedy() << "\n";
    return xtest::exit_code_of(error.kind());
  } catch (const std::exception& error) {
    return xtest::report_trouble(error);
  }
}
