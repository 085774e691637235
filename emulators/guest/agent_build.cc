// SPDX-License-Identifier: Apache-2.0
#include "emulators/guest/agent_build.h"

#include "runner/base/error.h"
#include "runner/base/files.h"
#include "runner/base/hash.h"
#include "runner/base/process.h"
#include "runner/base/text.h"
#include "runner/store/lock.h"
#include "targets/toolchain.h"

#include <algorithm>

namespace xtest {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> sources(const fs::path& folder, const std::string& extension) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == extension) files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

std::string digest_of(const std::vector<std::string>& argv, const std::string& version, const fs::path& folder) {
  std::string all = version;
  for (const std::string& word : argv) all += '\0' + word;
  for (const char* extension : {".c", ".h"}) {
    for (const fs::path& file : sources(folder, extension)) all += read_file(file).value_or("");
  }
  return sha256_hex(all);
}

}  // namespace

Task<fs::path> build_agent(Target target, fs::path data, fs::path cache) {
  const auto found = co_await find_toolchain(target, Language::c, cache);
  if (!found) throw Error(ErrorKind::infra, "no agent can be built for " + target.triple + ": " + found.error().why, found.error().remedy);
  const auto kinds = link_kinds(target, Language::c);
  const std::string kind = std::ranges::find(kinds, "static") == kinds.end() ? kinds.front() : "static";
  const fs::path folder = data / "emulators" / "agent";
  ProcessSpec spec;
  spec.argv = {found->program.string()};
  spec.argv.insert(spec.argv.end(), found->spec.flags.begin(), found->spec.flags.end());
  spec.argv.insert(spec.argv.end(), {"-std=gnu11", "-O2", "-s", "-D_GNU_SOURCE", "-I" + data.string()});
  for (const fs::path& source : sources(folder, ".c")) spec.argv.push_back(source.string());
  const auto& flags = found->spec.link_flags.at(kind);
  spec.argv.insert(spec.argv.end(), flags.begin(), flags.end());
  const fs::path agent = cache / "agents" / (target.triple + "-" + digest_of(spec.argv, found->version, folder).substr(0, 16));
  if (fs::exists(agent)) co_return agent;
  fs::create_directories(agent.parent_path());
  const FileLock lock = co_await FileLock::lock(agent.string() + ".lock");
  if (fs::exists(agent)) co_return agent;
  const fs::path partial = agent.string() + ".partial";
  spec.argv.insert(spec.argv.end(), {"-o", partial.string()});
  spec.env = found->env;
  spec.limit = std::chrono::minutes(5);
  const Completion built = co_await run_process(std::move(spec));
  if (!exited_with(built, 0))
    throw Error(ErrorKind::infra, "no agent can be built for " + target.triple + ": the compiler " + describe(built.how) + ": " + std::string(trim(built.err.text)));
  fs::rename(partial, agent);
  co_return agent;
}

}  // namespace xtest
