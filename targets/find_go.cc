// SPDX-License-Identifier: Apache-2.0
#include "targets/find_go.h"

#include "runner/base/hash.h"
#include "runner/base/process.h"
#include "runner/base/text.h"
#include "targets/identity_cache.h"
#include "targets/tool_env.h"

#include <algorithm>

namespace xtest {

namespace {

std::string setting_of(const CompilerSpec& spec, const std::string& key) {
  const auto found = spec.env.find(key);
  return found == spec.env.end() ? std::string{} : found->second;
}

std::vector<std::string> go_environment(const CompilerSpec& spec, const std::filesystem::path& program,
                                        const std::filesystem::path& cache) {
  const auto folder = [&](const char* name) { return (cache / "go" / name).string(); };
  std::vector<std::string> extra{"CGO_ENABLED=0",  "GOCACHE=" + folder("build"), "GOPATH=" + folder("path"),
                                 "GOTMPDIR=" + folder("tmp"), "GOFLAGS=-mod=mod", "GOPROXY=off",
                                 "GOTOOLCHAIN=local", "GOENV=off"};
  for (const auto& [key, value] : spec.env) extra.push_back(key + "=" + value);
  return tool_environment(program, extra);
}

Task<Completion> ask_go(std::filesystem::path program, std::vector<std::string> words, std::vector<std::string> env) {
  ProcessSpec spec;
  spec.argv = {program.string()};
  spec.argv.insert(spec.argv.end(), words.begin(), words.end());
  spec.env = std::move(env);
  spec.limit = std::chrono::seconds(60);
  co_return co_await run_process(std::move(spec));
}

Task<std::expected<Answer, std::string>> question_go(std::filesystem::path program, std::string platform,
                                                     std::vector<std::string> env) {
  std::vector<std::string> version_words{"version"};
  const auto version = co_await ask_go(program, std::move(version_words), env);
  if (!exited_with(version, 0)) co_return std::unexpected("`go version` " + describe(version.how));
  std::vector<std::string> list_words{"tool", "dist", "list"};
  const auto list = co_await ask_go(program, std::move(list_words), env);
  const auto platforms = split(list.out.text, '\n');
  const std::string text(trim(version.out.text));
  if (exited_with(list, 0) && std::ranges::find(platforms, std::string_view(platform)) == platforms.end()) {
    co_return std::unexpected(text + " does not know " + platform);
  }
  co_return Answer{{"version", text}};
}

}  // namespace

Task<FoundToolchain> find_go(const Target& target, ToolSearch search) {
  const auto& spec = target.compilers.at(Language::go);
  const auto remedy = install_command(packages_for(target, "go", search.host), search.host);
  for (const auto& name : spec.try_names) {
    const auto program = find_program(name, search.path);
    if (!program) continue;
    const auto platform = setting_of(spec, "GOOS") + "/" + setting_of(spec, "GOARCH");
    Toolchain found{Language::go, "go", *program, {}, {}, spec, go_environment(spec, *program, search.cache)};
    std::error_code ignored;
    for (const auto* folder : {"build", "path", "tmp"})
      std::filesystem::create_directories(search.cache / "go" / folder, ignored);
    const IdentityCache known(search.cache / "toolchains");
    const auto stamp = tool_stamp(*program, search.path);
    auto answer = known.find(stamp, "go " + platform);
    if (!answer || !answer->contains("version")) {
      auto fresh = co_await question_go(*program, platform, found.env);
      if (!fresh) co_return std::unexpected(ToolchainProblem{"no Go for " + target.triple + ": " + fresh.error(), {}});
      known.keep(stamp, "go " + platform, *fresh);
      answer = std::move(*fresh);
    }
    found.version = answer->at("version");
    found.identity = found.version + " " + platform + " " + sha256_hex(stamp).substr(0, 16);
    co_return found;
  }
  co_return std::unexpected(
      ToolchainProblem{"no Go for " + target.triple + ": looked for " + join(spec.try_names, ", "), remedy});
}

}  // namespace xtest
