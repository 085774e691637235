// SPDX-License-Identifier: Apache-2.0
#include "runner/base/text.h"
#include "runner/cli/commands.h"
#include "runner/cli/exit_codes.h"
#include "runner/cli/install_suite.h"
#include "runner/cli/suites.h"
#include "runner/store/paths.h"

#include <fmt/format.h>

#include <memory>
#include <utility>

namespace xtest {
namespace {

struct SuiteOptions {
  std::string name, checkout;
  std::vector<std::string> folders;
};

std::vector<Suite> suites_of(const SuiteOptions& options) { return known_suites(find_locations(), options.folders); }
Suite chosen(const SuiteOptions& options) { return find_suite(suites_of(options), options.name); }

int list(const SuiteOptions& options) {
  fmt::print("{}", suite_table(suites_of(options), cache_dir()));
  return exit_code::ok;
}

int show(const SuiteOptions& options) {
  const Suite suite = chosen(options);
  const SuiteState state = state_of(suite, cache_dir(), true);
  fmt::print("{}", suite_details(suite, state, cache_dir()));
  return state.kind == SuiteState::Kind::damaged ? exit_code::infra : exit_code::ok;
}

Task<int> install(SuiteOptions options) {
  const Suite suite = chosen(options);
  const SuitePlace place = usual_place();
  SuiteManifest manifest;
  if (options.checkout.empty()) manifest = co_await install_suite(suite, place, tell_on_stderr);
  else manifest = co_await install_checkout(suite, options.checkout, place, tell_on_stderr);
  tell_on_stderr(suite.name + " is installed from " + origin_of(manifest));
  fmt::print("{}\n", (suite_tree(suite, place.cache) / suite.source->folder).string());
  co_return exit_code::ok;
}

Task<int> remove(SuiteOptions options) {
  const std::uint64_t freed = co_await remove_suite(chosen(options), usual_place());
  fmt::print("{} freed\n", human_bytes(freed));
  co_return exit_code::ok;
}

}  // namespace

void add_suite(CLI::App& app, Invocation& invocation) {
  auto* suite = add_command(app, "suite",
                            "Suites of tests: lists them, and provides the tests of those that others wrote.\n\n"
                            "  xtest suite list\n  xtest suite install gcc-torture\n  xtest run -t aarch64 --suite gcc-torture\n"
                            "A suite of your own: a folder with a suite.yaml, --suites-dir DIR; docs/suites.md explains it.");
  suite->require_subcommand(1);
  const auto command = [&](const char* name, const char* help, auto body) {
    auto options = std::make_shared<SuiteOptions>();
    auto* added = add_command(*suite, name, help);
    added->add_option("--suites-dir", options->folders, "folder with further suites")->allow_extra_args(false)->type_name("DIR");
    added->callback([options, &invocation, body] { invocation.chosen = [options, body] { return body(*options); }; });
    return std::pair{added, options};
  };
  const auto with_name = [&](const char* name, const char* help, auto body) {
    auto added = command(name, help, body);
    added.first->add_option("NAME", added.second->name, "suite")->required();
    return added;
  };
  command("list", "The suites there are, and whether their tests are here.\n\n  xtest suite list", list);
  with_name("show", "All about one: where its tests come from and which version of them is here; reads every byte. Exit code 102 if it is damaged.\n\n"
                    "  xtest suite show gcc-torture", show);
  const auto installed = with_name("install",
                                   "Provides the tests of a suite in the cache, out of Debian's packages (nothing is installed on this host) or of\n"
                                   "your own checkout; prints their folder. `xtest run --install` does the same for suites that are missing.\n\n"
                                   "  xtest suite install gcc-torture\n  xtest suite install gcc-torture --from ~/src/gcc",
                                   [](const SuiteOptions& options) { return run_async([&] { return install(options); }); });
  installed.first->add_option("--from", installed.second->checkout, "folder that has the sources; it is used as it is")->type_name("DIR");
  with_name("rm", "Removes the tests of a suite from the cache; a checkout of yours is left alone.\n\n  xtest suite rm gcc-torture",
            [](const SuiteOptions& options) { return run_async([&] { return remove(options); }); });
}

}  // namespace xtest
