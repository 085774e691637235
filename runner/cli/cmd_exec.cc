// SPDX-License-Identifier: Apache-2.0
#include "emulators/run_once.h"
#include "runner/base/files.h"
#include "runner/base/process.h"
#include "runner/cli/commands.h"
#include "runner/cli/exit_codes.h"
#include "runner/cli/prepare.h"
#include "runner/cli/scratch.h"
#include "runner/cli/terminal.h"
#include "runner/store/paths.h"

#include <memory>

namespace xtest {
namespace {

struct ExecOptions {
  TargetOptions where;
  std::vector<std::string> words;
};

int own_code(const Termination& how, std::string& trouble) {
  if (const auto* exited = std::get_if<Exited>(&how)) {
    if (exited->code >= 0 && exited->code <= 0xff) return exited->code;
    trouble = "exited with " + std::to_string(exited->code) + ", more than an exit code can be here";
    return (exited->code & 0xff) != 0 ? exited->code & 0xff : 0xff;
  }
  if (const auto* signalled = std::get_if<Signalled>(&how)) return 128 + signalled->number;
  trouble = describe(how);
  return exit_code::exec_failed;
}

Task<int> exec(const Registry& registry, ExecOptions options) {
  TargetLibrary library = open_targets(find_locations(), options.where);
  const Target& target = library.find(options.where.targets.front());
  const Scratch scratch;
  const Folders folders{find_locations(), scratch.path(), cache_dir(), scratch.path() / "consoles"};
  const Prepared prepared = co_await prepare(registry, target, options.where, folders);
  if (!prepared.executor) require_ready(prepared);
  const auto features = prepared.executor->features();
  if (features.contains("vm") || features.contains("remote"))
    throw Error(ErrorKind::usage, "a program in another system cannot be given the descriptors of this machine yet", "`xtest run` keeps its output");
  const auto program = find_program(options.words.front(), ::getenv("PATH") ? ::getenv("PATH") : "");
  if (!program) throw Error(ErrorKind::usage, options.words.front() + " is no program that can be run");
  RunRequest request;
  request.fresh_folder = false;
  request.pass_stdio = std::array<int, 3>{0, 1, 2};
  request.command.cwd = std::filesystem::current_path();
  request.command.argv.push_back(PathRef{std::filesystem::absolute(*program)});
  for (std::size_t at = 1; at < options.words.size(); ++at) request.command.argv.emplace_back(options.words[at]);
  for (char** pair = environ; *pair; ++pair) request.command.env.emplace_back(*pair);
  const Completion completion = co_await run_once(*prepared.executor, std::move(request));
  std::string trouble;
  const int code = own_code(completion.how, trouble);
  if (!trouble.empty()) write_all(2, "xtest: " + options.words.front() + " " + trouble + "\n");
  co_return code;
}

// What xtest itself cannot do is 125, as env(1) and container tools have it.
Task<int> guarded(const Registry& registry, ExecOptions options) {
  try {
    co_return co_await exec(registry, std::move(options));
  } catch (const std::exception& error) {
    write_all(2, std::string("xtest: ") + error.what() + "\n");
    co_return exit_code::exec_failed;
  }
}

}  // namespace

void add_exec(CLI::App& app, Invocation& invocation) {
  auto options = std::make_shared<ExecOptions>();
  auto* command = add_command(
      app, "exec",
      "Runs one program of a target where that target lives; stdin, stdout, stderr and the exit code are\n"
      "the program's own (128+n for signal n, 125 when xtest itself failed).\n\n"
      "  xtest exec --target aarch64-linux-gnu -- ./prog --flag\n"
      "  CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER='xtest exec -t aarch64-linux-gnu --' cargo test");
  add_target_options(*command, options->where);
  command->add_option("PROG", options->words, "program and its arguments, after --")->required();
  command->get_option("--target")->required();
  command->callback([options, &invocation] {
    invocation.chosen = [options, &invocation] {
      return run_async([&] { return guarded(invocation.registry, *options); });
    };
  });
}

}  // namespace xtest
