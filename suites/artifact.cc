// SPDX-License-Identifier: Apache-2.0
#include "suites/artifact.h"

#include <algorithm>
#include <cctype>
#include <string_view>
#include <utility>

namespace xtest {
namespace {

namespace fs = std::filesystem;
using Words = std::vector<std::string>;

constexpr std::string_view kSystemPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

bool has_variable(const Words& env, std::string_view name) {
  return std::ranges::any_of(env, [&](const std::string& entry) {
    return entry.size() > name.size() && entry.starts_with(name) && entry[name.size()] == '=';
  });
}

void set_default(Words& env, std::string_view name, std::string_view value) {
  if (!has_variable(env, name)) env.push_back(std::string(name) + '=' + std::string(value));
}

void add(std::vector<Argument>& argv, const Words& words) { argv.insert(argv.end(), words.begin(), words.end()); }

// As text: these jobs run on the host, and a parsed path takes ten times the room of its text.
void add_file(std::vector<Argument>& argv, const fs::path& file) { argv.emplace_back(file.native()); }

void add_files(std::vector<Argument>& argv, const std::vector<fs::path>& files) {
  for (const fs::path& file : files) add_file(argv, file);
}

const Words& link_flags(const ArtifactSpec& spec, const Toolchain& toolchain) {
  static const Words none;
  const auto found = toolchain.spec.link_flags.find(spec.link);
  return found == toolchain.spec.link_flags.end() ? none : found->second;
}

bool is_windows(const Target& target) { return target.files.format == FileFormat::pe; }

// The steps of one artifact, language by language; each appends to `builds`.
class Recipe {
 public:
  Recipe(const ArtifactSpec& spec, const Toolchain& toolchain, const Artifact& artifact, const Target& target)
      : spec_(spec),
        toolchain_(toolchain),
        program_(artifact.program),
        libraries_(artifact.libraries),
        windows_(is_windows(target)),
        linux_(target.features.contains("linux")),
        env_(build_environment(toolchain)) {}

  std::vector<Job> make() {
    for (std::size_t at = 0; at < libraries_.size(); ++at) compile(spec_.libraries[at], libraries_[at], Makes::library);
    if (toolchain_.language == Language::go) build_go();
    else if (toolchain_.language == Language::rust) build_rust();
    else if (spec_.sources.size() == 1) compile(spec_.sources.front(), program_, Makes::program);
    else compile_and_link();
    return std::move(builds_);
  }

 private:
  enum class Makes { object, library, program };

  Job& step(std::vector<fs::path> inputs, std::vector<fs::path> outputs) {
    Job& job = builds_.emplace_back();
    job.kind = JobKind::build;
    job.place = Place::host;
    job.command.env = env_;
    job.command.cwd = spec_.folder;
    job.inputs = std::move(inputs);
    job.outputs = std::move(outputs);
    job.tool_identity = toolchain_.identity;
    return job;
  }

  Job& toolchain_step(std::vector<fs::path> inputs, std::vector<fs::path> outputs) {
    Job& job = step(std::move(inputs), std::move(outputs));
    add_file(job.command.argv, toolchain_.program);
    return job;
  }

  void compile(const fs::path& source, const fs::path& output, Makes makes) {
    Job& job = toolchain_step({source}, {output});
    job.depfile = output;
    job.depfile += ".d";
    auto& argv = job.command.argv;
    add(argv, toolchain_.spec.flags);
    argv.push_back("-ffile-prefix-map=" + spec_.origin.string() + "=.");
    add(argv, {"-MD", "-MF"});
    add_file(argv, job.depfile);
    if (makes == Makes::object) add(argv, {"-c"});
    if (makes == Makes::library) add(argv, {"-shared"});
    if (makes == Makes::library && !windows_) add(argv, {"-fPIC", "-Wl,-soname," + output.filename().string()});
    add(argv, {"-o"});
    add_file(argv, output);
    add_file(argv, source);
    add(argv, spec_.flags);
    if (makes == Makes::program) use_libraries(job);
    if (makes != Makes::object) link(job);
  }

  // ELF needs to be told that an unused library is not to be named, and that the others lie beside the program. -ldl is
  // where dlopen was up to glibc 2.33.
  void use_libraries(Job& job) {
    if (libraries_.empty()) return;
    job.inputs.insert(job.inputs.end(), libraries_.begin(), libraries_.end());
    if (!windows_) add(job.command.argv, {"-Wl,--as-needed", "-Wl,-rpath,$ORIGIN"});
    add_files(job.command.argv, libraries_);
    if (linux_) add(job.command.argv, {"-ldl"});
  }

  // The libraries and start-up files that the linker reads decide the program as headers do.
  void link(Job& job) {
    name_link_depfile(job);
    add(job.command.argv, link_flags(spec_, toolchain_));
    add(job.command.argv, {"-Xlinker", "--dependency-file=" + job.link_depfile.string()});
  }

  void name_link_depfile(Job& job) const {
    job.link_depfile = job.outputs.front();
    job.link_depfile += ".ld.d";
  }

  void compile_and_link() {
    std::vector<fs::path> objects;
    for (const fs::path& source : spec_.sources) {
      const std::string number = std::to_string(objects.size());
      objects.push_back(spec_.folder / (spec_.name + "." + number + "." + source.filename().string() + ".o"));
      compile(source, objects.back(), Makes::object);
    }
    Job& job = toolchain_step(objects, {program_});
    auto& argv = job.command.argv;
    add(argv, toolchain_.spec.flags);
    add(argv, {"-o"});
    add_file(argv, program_);
    add_files(argv, objects);
    add(argv, spec_.flags);
    use_libraries(job);
    link(job);
  }

  // `go build` takes files of one folder only.
  std::vector<fs::path> bring_together() {
    const fs::path folder = spec_.folder / (spec_.name + ".src");
    std::vector<fs::path> copies;
    for (const fs::path& source : spec_.sources) copies.push_back(folder / source.filename());
    Job& job = step(spec_.sources, copies);
    job.tool_identity = "cp";
    add(job.command.argv, {"cp", "-f", "--"});
    add_files(job.command.argv, spec_.sources);
    add_file(job.command.argv, folder);
    return copies;
  }

  void build_go() {
    const std::vector<fs::path> sources = bring_together();
    Job& job = toolchain_step(sources, {program_});
    job.cpus = 2;
    job.exclusive = "go build";   // it uses all cores itself, and two at once would both compile the standard library
    auto& argv = job.command.argv;
    add(argv, {"build"});
    add(argv, toolchain_.spec.flags);
    add(argv, link_flags(spec_, toolchain_));
    add(argv, spec_.flags);
    add(argv, {"-o"});
    add_file(argv, program_);
    add_files(argv, sources);
  }

  void build_rust() {
    Job& job = toolchain_step(spec_.sources, {program_});
    job.depfile = program_;
    job.depfile += ".d";
    auto& argv = job.command.argv;
    const Words& flags = toolchain_.spec.flags;
    const bool names_target =
        std::ranges::any_of(flags, [](const std::string& flag) { return flag.starts_with("--target"); });
    add(argv, flags);
    if (!toolchain_.spec.triple.empty() && !names_target) add(argv, {"--target=" + toolchain_.spec.triple});
    add(argv, {"--edition=2021", "--crate-type=bin", "--crate-name=" + crate_name()});
    add(argv, {"--remap-path-prefix=" + spec_.origin.string() + "=."});
    add(argv, {"--emit=link=" + program_.string(), "--emit=dep-info=" + job.depfile.string()});
    add_file(argv, spec_.sources.front());
    add(argv, spec_.flags);
    add(argv, link_flags(spec_, toolchain_));
    name_link_depfile(job);
    add(argv, {"-Clink-arg=-Xlinker", "-Clink-arg=--dependency-file=" + job.link_depfile.string()});
  }

  std::string crate_name() const {
    std::string name = spec_.name;
    std::ranges::replace_if(name, [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
    return name;
  }

  const ArtifactSpec& spec_;
  const Toolchain& toolchain_;
  const fs::path& program_;
  const std::vector<fs::path>& libraries_;
  bool windows_, linux_;
  Words env_;
  std::vector<Job> builds_;
};

}  // namespace

std::vector<std::string> build_environment(const Toolchain& toolchain) {
  Words env = toolchain.env;
  for (const auto& [name, value] : toolchain.spec.env) set_default(env, name, value);
  set_default(env, "PATH", kSystemPath);
  set_default(env, "LC_ALL", "C");
  if (toolchain.language != Language::go) return env;
  set_default(env, "CGO_ENABLED", "0");
  set_default(env, "GOFLAGS", "-trimpath");
  set_default(env, "GO111MODULE", "off");
  set_default(env, "GOENV", "off");
  return env;
}

Artifact make_artifact(const ArtifactSpec& spec, const Toolchain& toolchain, const Target& target) {
  const bool windows = is_windows(target);
  Artifact artifact;
  artifact.program = spec.folder / (spec.name + (windows ? ".exe" : ""));
  for (const fs::path& source : spec.libraries)
    artifact.libraries.push_back(spec.folder / (source.stem().string() + (windows ? ".dll" : ".so")));
  artifact.builds = Recipe(spec, toolchain, artifact, target).make();
  return artifact;
}

std::vector<std::string> artifact_links(const Target& target, Language language) {
  std::vector<std::string> kinds = link_kinds(target, language);
  if (kinds.empty()) kinds.push_back(target.links.empty() ? "dynamic" : target.links.front());
  return kinds;
}

}  // namespace xtest
