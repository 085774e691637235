// SPDX-License-Identifier: Apache-2.0
#include "suites/libtest_build.h"

#include "suites/artifact.h"
#include "suites/conditions.h"
#include "suites/rust_crate.h"

#include <algorithm>
#include <utility>

namespace xtest {
namespace {

namespace fs = std::filesystem;

class Builds {
 public:
  Builds(const Suite& suite, const LibtestSuite& settings, const View& view)
      : suite_(suite), settings_(settings), view_(view), toolchain_(view.toolchains.at(Language::rust)),
        folder_(view.work / suite.name / toolchain_.name) {}

  std::vector<Job> make(const LibtestCrate& test) {
    const std::vector<const LibtestCrate*> libraries = needed_by(test);
    std::vector<fs::path> made;
    std::vector<Job> builds;
    for (const LibtestCrate* library : libraries) {
      builds.push_back(build(*library, CrateKind::library, made));
      made.push_back(file_of(*library));
    }
    builds.push_back(build(test, CrateKind::test, made));
    builds.back().cpus = 2;               // it generates code in several threads
    return builds;
  }

 private:
  fs::path file_of(const LibtestCrate& library) const { return folder_ / ("lib" + library.name + ".rlib"); }

  fs::path program_of(const LibtestCrate& test) const {
    return folder_ / (test.name + ".test" + (view_.target.files.format == FileFormat::pe ? ".exe" : ""));
  }

  void add_needed(const LibtestCrate& crate, std::vector<const LibtestCrate*>& all) const {
    for (const std::string& name : crate.uses) {
      const LibtestCrate* used = settings_.crate(name);
      if (!used || std::ranges::find(all, used) != all.end()) continue;
      add_needed(*used, all);
      all.push_back(used);
    }
  }

  std::vector<const LibtestCrate*> needed_by(const LibtestCrate& test) const {
    std::vector<const LibtestCrate*> all;
    add_needed(test, all);
    return all;
  }

  std::vector<std::string> environment(const LibtestCrate& crate) const {
    std::vector<std::string> env = crate.build_env;
    constexpr std::string_view place = "{arch}";
    for (std::string& entry : env) {
      if (const auto at = entry.find(place); at != std::string::npos) entry.replace(at, place.size(), view_.target.arch);
    }
    for (std::string& entry : build_environment(toolchain_)) env.push_back(std::move(entry));
    return env;
  }

  Job build(const LibtestCrate& crate, CrateKind kind, const std::vector<fs::path>& libraries) const {
    RustCrate spec{.name = crate.name,
                   .kind = kind,
                   .edition = crate.edition,
                   .inputs = {crate.root},
                   .output = kind == CrateKind::test ? program_of(crate) : file_of(crate),
                   .folder = folder_,
                   .origin = suite_.sources,
                   .flags = crate.flags,
                   .link_flags = {},
                   .env = environment(crate)};
    spec.inputs.insert(spec.inputs.end(), libraries.begin(), libraries.end());
    if (!libraries.empty()) spec.flags.insert(spec.flags.end(), {"-L", folder_.string()});
    for (const std::string& name : crate.uses) {
      const LibtestCrate* used = settings_.crate(name);
      spec.flags.insert(spec.flags.end(), {"--extern", used ? name + "=" + file_of(*used).string() : name});
    }
    const auto link = toolchain_.spec.link_flags.find(artifact_links(view_.target, Language::rust).front());
    if (link != toolchain_.spec.link_flags.end()) spec.link_flags = link->second;
    Job job = build_rust_crate(std::move(spec), toolchain_);
    job.command.limits.wall = settings_.build_limit;
    return job;
  }

  const Suite& suite_;
  const LibtestSuite& settings_;
  const View& view_;
  const Toolchain& toolchain_;
  fs::path folder_;
};

}  // namespace

std::string why_not_buildable(const LibtestSuite& settings, const View& view) {
  const auto toolchain = view.toolchains.find(Language::rust);
  if (toolchain == view.toolchains.end()) {
    const auto absent = view.absent.find(Language::rust);
    return why_absent(Language::rust, absent == view.absent.end() ? "add --lang rust" : absent->second);
  }
  const std::string& version = toolchain->second.version;
  const std::string wanted = "rustc " + settings.rustc;
  const bool fits = version.starts_with(wanted) && (version.size() == wanted.size() || version[wanted.size()] == '.' || version[wanted.size()] == ' ');
  if (!settings.rustc.empty() && !fits)
    return "requires " + wanted + " (there is " + version + "; without it on PATH: xtest doctor --target " + view.target.triple + " --lang rust --install)";
  return settings.condition ? why_unmet(*settings.condition, view) : std::string{};
}

std::vector<Job> libtest_builds(const Suite& suite, const LibtestSuite& settings, const LibtestCrate& test, const View& view) {
  return Builds(suite, settings, view).make(test);
}

}  // namespace xtest
