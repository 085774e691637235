// SPDX-License-Identifier: Apache-2.0
#include "runner/cli/commands.h"
#include "runner/cli/conduct.h"
#include "runner/cli/exit_codes.h"
#include "runner/engine/builder.h"

#include <fmt/format.h>

#include <iostream>
#include <memory>

namespace xtest {
namespace {

constexpr const char* kRunHelp =
    "Builds the suites for a target, executes them where it lives, judges and reports.\n\n"
    "  xtest run --target aarch64-unknown-linux-gnu --install     everything from nothing\n"
    "  xtest run -t s390x-linux-gnu,riscv64 -j4                   two targets, any spelling\n"
    "  xtest run -t armv7 'probes::C1' --no-cache                 one probe, built anew\n"
    "  xtest run -t armv7 -f 'rung(stack) & not lang(go)'         an expression\n"
    "  xtest run -t aarch64 --on qemu-user --confirm vm           a failure: the emulator's or the port's?\n"
    "  xtest run -t mine --target-file mine.yaml --suites-dir s   your own port and suites\n\n"
    "Exit codes: 0 good, 2 usage, 4 nothing selected, 100 failures, 101 only builds failed, 102 no verdict,\n"
    "110 a report could not be written, 130 interrupted.";

std::filesystem::path new_work(const RunOptions& options) {
  return std::filesystem::path(options.runs).parent_path() / "work" / new_ulid();
}

Task<int> run(const Registry& registry, RunOptions options, std::vector<std::string> argv) {
  auto work = new_work(options);
  RunContext context = co_await make_context(registry, std::move(options), std::move(work));
  if (context.plan.case_unit.empty()) co_return refuse_empty_plan(context);
  Conduct how;
  how.argv = std::move(argv);
  co_return co_await conduct(registry, std::move(context), std::move(how));
}

void print_unit(const Plan& plan, UnitIx unit) {
  const Unit& listed = plan.units[unit];
  fmt::print("{}  {}\n", plan.streams[listed.stream].stream.to_string(), listed.name);
  for (const Job& job : listed.builds) {
    std::string line;
    for (const std::string& word : host_argv(job.command)) line += " " + word;
    fmt::print("  build {}\n", line);
  }
  for (std::size_t which = 0; which < listed.cases.size(); ++which) {
    const Case& test = listed.cases[which];
    const std::string id = plan.id(plan.first_case[unit] + static_cast<CaseIx>(which));
    if (!test.skip.empty()) fmt::print("  skip   {}: {}\n", id, test.skip);
    else fmt::print("  run    {}{}\n", id, test.needs.empty() ? "" : "  (needs " + fmt::format("{}", fmt::join(test.needs, ", ")) + ")");
  }
}

Task<int> plan(const Registry& registry, RunOptions options) {
  auto work = new_work(options);
  RunContext context = co_await make_context(registry, std::move(options), std::move(work));
  std::error_code ignored;
  std::filesystem::remove_all(context.work, ignored);
  const Plan& planned = context.plan;
  for (UnitIx unit = 0; unit < planned.units.size(); ++unit)
    print_unit(planned, unit);
  for (const Omitted& omitted : planned.left_out) fmt::print("left out {}: {}\n", omitted.id, omitted.reason);
  fmt::print("{} cases in {} units, {} left out; plan {}\n", planned.case_unit.size(), planned.units.size(),
             planned.left_out_count, planned.digest().substr(0, 12));
  if (planned.case_unit.empty()) co_return refuse_empty_plan(context);
  co_return exit_code::ok;
}

}  // namespace

void add_run(CLI::App& app, Invocation& invocation) {
  auto options = std::make_shared<RunOptions>();
  auto* command = add_command(app, "run", kRunHelp);
  add_run_options(*command, *options);
  command->callback([options, &invocation] {
    invocation.chosen = [options, &invocation] {
      return run_async([&] { return run(invocation.registry, *options, invocation.argv); });
    };
  });
  auto plan_options = std::make_shared<RunOptions>();
  auto* planned = add_command(app, "plan", "Shows what `run` with the same options would build and execute, in order, and what\n"
                                             "it leaves out and why.\n\n  xtest plan -t aarch64 -f 'suite(hello)'");
  add_run_options(*planned, *plan_options);
  planned->callback([plan_options, &invocation] {
    invocation.chosen = [plan_options, &invocation] {
      return run_async([&] { return plan(invocation.registry, *plan_options); });
    };
  });
}

}  // namespace xtest
