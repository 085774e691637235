// SPDX-License-Identifier: Apache-2.0
#include "suites/rust_crate.h"

#include <algorithm>
#include <utility>

namespace xtest {
namespace {

using Words = std::vector<std::string>;

void add(std::vector<Argument>& argv, const Words& words) { argv.insert(argv.end(), words.begin(), words.end()); }

const char* kind_flag(CrateKind kind) {
  switch (kind) {
    case CrateKind::program: return "--crate-type=bin";
    case CrateKind::library: return "--crate-type=rlib";
    case CrateKind::test: return "--test";
  }
  return "";
}

std::filesystem::path beside(const std::filesystem::path& output, const char* ending) {
  std::filesystem::path file = output;
  return file += ending;
}

}  // namespace

Job build_rust_crate(RustCrate crate, const Toolchain& toolchain) {
  Job job;
  job.kind = JobKind::build;
  job.place = Place::host;
  job.tool_identity = toolchain.identity;
  job.depfile = beside(crate.output, ".d");
  auto& argv = job.command.argv;
  const Words& flags = toolchain.spec.flags;
  const bool names_target = std::ranges::any_of(flags, [](const std::string& flag) { return flag.starts_with("--target"); });
  argv.emplace_back(toolchain.program.native());
  add(argv, flags);
  if (!toolchain.spec.triple.empty() && !names_target) add(argv, {"--target=" + toolchain.spec.triple});
  add(argv, {"--edition=" + crate.edition, kind_flag(crate.kind), "--crate-name=" + crate.name});
  add(argv, {"--remap-path-prefix=" + crate.origin.string() + "=."});
  add(argv, {"--emit=link=" + crate.output.string(), "--emit=dep-info=" + job.depfile.string()});
  argv.emplace_back(crate.inputs.front().native());
  add(argv, crate.flags);
  if (crate.kind != CrateKind::library) {
    job.link_depfile = beside(crate.output, ".ld.d");
    add(argv, crate.link_flags);
    add(argv, {"-Clink-arg=-Xlinker", "-Clink-arg=--dependency-file=" + job.link_depfile.string()});
  }
  job.command.env = std::move(crate.env);
  job.command.cwd = std::move(crate.folder);
  job.inputs = std::move(crate.inputs);
  job.outputs = {std::move(crate.output)};
  return job;
}

}  // namespace xtest
