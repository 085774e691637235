// SPDX-License-Identifier: Apache-2.0
#include "runner/cli/options.h"

#include "runner/base/error.h"

#include <algorithm>

namespace xtest {

void add_target_options(CLI::App& app, TargetOptions& options) {
  app.add_option("-t,--target", options.targets, "target triple, in any usual spelling; may be repeated")
      ->delimiter(',')->allow_extra_args(false)->type_name("TRIPLE");
  app.add_option("--targets-dir", options.target_dirs, "folder with further target files")
      ->allow_extra_args(false)->type_name("DIR");
  app.add_option("--target-file", options.target_files, "one further target file")->allow_extra_args(false)->type_name("FILE");
  app.add_option("--lang", options.languages, "c, cxx, go, rust or all; default: C, C++ and what else is there")
      ->delimiter(',')->allow_extra_args(false)->check(CLI::IsMember({"c", "cxx", "go", "rust", "all"}))->type_name("LANG");
  app.add_option("--on", options.on,
                 "executor: host, qemu-user, wine, vm (or vm:IMAGE, see xtest image list), remote:USER@HOST[:PORT], "
                 "serial:[USER@]PATH[,BAUD], for a run also several (qemu-user,vm: each test on both); "
                 "default: the target's first that works here")
      ->type_name("EXECUTOR");
  app.add_option("--guests", options.guests, "guests at once, or connections to a remote machine; default: what cores and memory allow")
      ->check(CLI::Range(1, 256));
  app.add_option("--ssh-key", options.ssh_key, "private key for remote:; default: ~/.ssh/id_ed25519")->type_name("FILE");
  app.add_option("--known-hosts", options.known_hosts, "the remote machine's host key; default: ~/.ssh/known_hosts")
      ->type_name("FILE");
  app.add_option("--driver", options.driver, "what runs programs in vm and remote: xtest's agent, the machine's own sh; auto: the agent if it runs there")
      ->check(CLI::IsMember({"auto", "agent", "sh"}))->capture_default_str();
  app.add_option("--far-folder", options.far_folder, "folder on a machine of remote: or serial:; default: the first of TMPDIR, /tmp, /var/tmp, ~ that allows programs")
      ->type_name("DIR");
}

void add_run_options(CLI::App& app, RunOptions& options) {
  add_target_options(app, options.where);
  app.add_option("TEST", options.tests, "tests to run: ids or globs, such as 'probes::C1' or '*::cxx'");
  app.add_option("-f,--filter", options.filters,
                 "expression: test() suite() group() lang() rung() target() toolchain() executor(), globs, and or not")
      ->allow_extra_args(false)->type_name("EXPR");
  app.add_option("-s,--suite", options.suites, "suite to run; default: hello and probes")
      ->delimiter(',')->allow_extra_args(false)->type_name("NAME");
  app.add_option("--suites-dir", options.suite_dirs, "folder with your own suites")->allow_extra_args(false)->type_name("DIR");
  app.add_option("--partition", options.partition, "slice:M/N or hash:M/N: only this part")->type_name("PART");
  app.add_option("--expect", options.expect, "expectation list (known failures)")->allow_extra_args(false)->type_name("FILE");
  app.add_option("--known-lies", options.known_lies, "further list of what emulators get wrong")
      ->allow_extra_args(false)->type_name("FILE");
  app.add_option("--confirm", options.confirm, "run what failed under an emulator again there: emulator or port?")->type_name("EXECUTOR");
  app.add_option("-j,--jobs", options.jobs, "jobs at once; default: the cores")->check(CLI::Range(1, 4096));
  app.add_option("--retries", options.retries, "further attempts of an unexpected failure")->check(CLI::Range(0, 100));
  app.add_option("--infra-retries", options.infra_retries, "further attempts after trouble that is not the test's")
      ->check(CLI::Range(0, 100));
  app.add_option("--max-fail", options.max_fail, "stop after so many bad results");
  auto* fast = app.add_flag("--fail-fast", options.fail_fast, "stop at the first bad result");
  app.add_flag("--no-fail-fast", options.no_fail_fast, "run everything whatever fails (the default)")->excludes(fast);
  app.add_flag("--reuse-results", options.reuse_results, "take over the pass of an identical program on an identical executor");
  app.add_flag("--no-cache", options.no_cache, "build everything anew");
  app.add_option("--flaky", options.flaky, "what a flaky test counts as")->check(CLI::IsMember({"ok", "fail"}));
  app.add_option("--emulator", options.emulator, "what a failure of the emulator alone counts as")->check(CLI::IsMember({"ok", "fail"}));
  app.add_option("--xpass", options.xpass, "what an unexpected pass counts as")->check(CLI::IsMember({"ok", "fail"}));
  app.add_option("--junit", options.junit, "copy the JUnit files there")->type_name("DIR");
  app.add_option("--junit-dialect", options.junit_dialect, "portable or rich; default: rich on CI systems that read it")
      ->check(CLI::IsMember({"portable", "rich", "ant", "surefire"}));
  app.add_option("--jsonl", options.jsonl, "write a JSON lines report there")->type_name("FILE");
  app.add_option("--runs", options.runs, "folder of the records")->capture_default_str()->type_name("DIR");
  app.add_option("--color", options.color, "auto, always or never")->check(CLI::IsMember({"auto", "always", "never"}));
  app.add_flag("-v,--verbose", options.verbose, "a line for passes and skips too");
  app.add_flag("--trace", options.trace, "run what failed once more under strace, or what the executor has; kept in the record");
  app.add_flag("--install", options.install, "install what is missing first (done by the launcher, ./xtest)");
}

RunOptions parse_run(const std::vector<std::string>& argv) {
  CLI::App app;
  RunOptions options;
  auto* run = app.add_subcommand("run");
  add_run_options(*run, options);
  std::vector<std::string> words(argv.rbegin(), argv.rend());      // CLI11 takes them from the back
  try {
    app.parse(words);
  } catch (const CLI::ParseError& error) {
    throw Error(ErrorKind::usage, std::string("the recorded command is not understood: ") + error.what(),
                "it was written by another version of xtest; start a new run");
  }
  return options;
}

}  // namespace xtest
