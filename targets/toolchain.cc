// SPDX-License-Identifier: Apache-2.0
#include "targets/toolchain.h"

#include "runner/base/hash.h"
#include "runner/base/log.h"
#include "runner/base/process.h"
#include "runner/base/text.h"
#include "targets/compiler_check.h"
#include "targets/find_go.h"
#include "targets/identity_cache.h"
#include "targets/rust.h"
#include "targets/tool_env.h"

#include <algorithm>
#include <cstdlib>

namespace xtest {

namespace {

std::string language_title(Language language) {
  switch (language) {
    case Language::c: return "C";
    case Language::cxx: return "C++";
    case Language::go: return "Go";
    case Language::rust: return "Rust";
  }
  return {};
}

// What the answer depends on besides the program: another target file asks another question.
std::string question_for(const Target& target, Language language, const CompilerSpec& spec, const HostFacts& host) {
  return fmt::format("{} {} {} {} {} {}", target.triple, to_string(language), sh_join(spec.flags),
                     join(target.aliases, " "), join(spec.dumpmachine, " "), host.machine);
}

// The programs that the driver starts decide its products as it does, and can change without it.
std::vector<std::string> helpers_of(Language language, const CompilerSpec& spec) {
  std::vector<std::string> names{language == Language::cxx ? "cc1plus" : "cc1", "as", "ld"};
  const auto add_linker = [&](const std::string& flag) {
    constexpr std::string_view kChoice = "-fuse-ld=";
    if (flag.starts_with(kChoice)) names.push_back("ld." + flag.substr(kChoice.size()));
  };
  std::ranges::for_each(spec.flags, add_linker);
  for (const auto& [kind, flags] : spec.link_flags) std::ranges::for_each(flags, add_linker);
  return names;
}

Task<std::string> stamp_of_helpers(std::filesystem::path program, Language language, const CompilerSpec& spec,
                                   const ToolSearch& search) {
  std::string stamp;
  for (const std::string& name : helpers_of(language, spec)) {
    const std::string answer = co_await ask_for_helper(program, name, spec.flags, tool_environment(program));
    if (const auto helper = find_program(answer, search.path)) stamp += '\n' + tool_stamp(*helper, search.path);
  }
  co_return stamp;
}

Toolchain make_toolchain(Language language, const std::filesystem::path& program, const CompilerSpec& spec,
                         const std::string& stamp, const Answer& answer) {
  Toolchain found;
  found.language = language;
  found.program = program;
  found.version = answer.at("version");
  found.name = found.version.find("clang") != found.version.npos ? "clang" : "gcc";
  found.identity = found.version + " " + answer.at("machine") + " " + sha256_hex(stamp).substr(0, 16);
  found.spec = spec;
  found.env = tool_environment(program);
  return found;
}

Task<FoundToolchain> try_compiler(const Target& target, Language language, std::filesystem::path program,
                                  ToolSearch search) {
  const auto& spec = target.compilers.at(language);
  const IdentityCache known(search.cache / "toolchains");
  const auto stamp = tool_stamp(program, search.path);
  const auto question = question_for(target, language, spec, search.host);
  if (const auto answer = known.find(stamp, question);
      answer && answer->contains("version") && answer->contains("machine")) {
    const auto helpers = co_await stamp_of_helpers(program, language, spec, search);
    co_return make_toolchain(language, program, spec, stamp + helpers, *answer);
  }
  auto env = tool_environment(program);
  const auto facts = co_await ask_compiler(program, language, spec.flags, std::move(env));
  if (const auto refusal = judge_compiler(target, language, facts, search.host)) {
    co_return std::unexpected(ToolchainProblem{program.string() + " " + refusal->why, refusal->remedy});
  }
  const Answer answer{{"version", facts.version}, {"machine", facts.machine}};
  known.keep(stamp, question, answer);
  const auto helpers = co_await stamp_of_helpers(program, language, spec, search);
  co_return make_toolchain(language, program, spec, stamp + helpers, answer);
}

Task<FoundToolchain> find_c_compiler(const Target& target, Language language, ToolSearch search) {
  const auto& spec = target.compilers.at(language);
  ToolchainProblem problem;
  for (const auto& name : spec.try_names) {
    const auto program = find_program(name, search.path);
    if (!program) continue;
    auto found = co_await try_compiler(target, language, *program, search);
    if (found) {
      log_info("toolchain", "{} {}: took {}", target.triple, to_string(language), program->string());
      co_return found;
    }
    problem.why += (problem.why.empty() ? "" : "; ") + found.error().why;
    if (problem.remedy.empty()) problem.remedy = found.error().remedy;
  }
  const auto packages = packages_for(target, to_string(language), search.host);
  if (problem.why.empty()) problem.why = "looked for " + join(spec.try_names, ", ");
  problem.why = "no " + language_title(language) + " compiler for " + target.triple + ": " + problem.why;
  if (problem.remedy.empty()) problem.remedy = install_command(packages, search.host);
  co_return std::unexpected(problem);
}

}  // namespace

ToolSearch usual_search(std::filesystem::path cache) {
  const char* path = std::getenv("PATH");
  return {path ? path : "/usr/local/bin:/usr/bin:/bin", std::move(cache), host_facts()};
}

Task<FoundToolchain> find_toolchain(const Target& target, Language language, std::filesystem::path cache) {
  return find_toolchain(target, language, usual_search(std::move(cache)));
}

Task<FoundToolchain> find_toolchain(const Target& target, Language language, ToolSearch search) {
  const auto spec = target.compilers.find(language);
  if (spec == target.compilers.end() || !spec->second.absent.empty()) {
    const auto why = spec == target.compilers.end() ? "the target file names none" : spec->second.absent;
    co_return std::unexpected(
        ToolchainProblem{"no " + language_title(language) + " for " + target.triple + ": " + why, {}});
  }
  switch (language) {
    case Language::c:
    case Language::cxx: co_return co_await find_c_compiler(target, language, std::move(search));
    case Language::go: co_return co_await find_go(target, std::move(search));
    case Language::rust: co_return co_await find_rust(target, std::move(search));
  }
  co_return std::unexpected(ToolchainProblem{"no such language", {}});
}

}  // namespace xtest
