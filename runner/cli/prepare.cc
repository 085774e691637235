// SPDX-License-Identifier: Apache-2.0
#include "runner/cli/prepare.h"

#include "emulators/remote/remote.h"
#include "emulators/serial/serial.h"
#include "emulators/settings.h"
#include "emulators/vm/vm.h"
#include "runner/base/text.h"
#include "targets/features.h"
#include "targets/host.h"

#include <algorithm>
#include <cstdio>
#include <iostream>

namespace xtest {
namespace {

constexpr Language kLanguages[] = {Language::c, Language::cxx, Language::go, Language::rust};

// The lower halves of the executor's overlays; without one, a native program's own folders.
std::vector<std::filesystem::path> library_folders(const ExecutorSpec& spec) {
  std::vector<std::filesystem::path> folders;
  for (const std::string& overlay : words_of(spec, "overlay")) folders.emplace_back(overlay.substr(0, overlay.find(':')));
  if (!folders.empty() || spec.name != "host") return folders;
  for (const auto& entry : std::filesystem::directory_iterator("/usr/lib")) {
    if (entry.path().filename().string().find("-linux-gnu") != std::string::npos) folders.push_back(entry.path());
  }
  folders.insert(folders.end(), {"/lib64", "/usr/lib64", "/usr/lib"});
  return folders;
}

std::string in_home(const char* file) {
  const char* home = ::getenv("HOME");
  return std::string(home ? home : "/") + "/.ssh/" + file;
}

// The machine that was asked for on the command line, whatever the target has.
std::optional<ExecutorSpec> machine_asked_for(const Target& target, const TargetOptions& options, const std::filesystem::path& data) {
  if (auto spec = remote_spec(options.on)) return spec;
  if (auto spec = serial_spec(options.on)) return spec;
  return guest_spec(options.on, target, data);
}

// With what the command line says of them.
std::vector<ExecutorSpec> with_settings(std::vector<ExecutorSpec> specs, const TargetOptions& options) {
  const char* password = ::getenv("XTEST_SERIAL_PASSWORD");
  for (ExecutorSpec& spec : specs) {
    auto& settings = spec.settings;
    if (options.guests > 0) settings["guests"] = std::to_string(options.guests);
    settings["driver"] = options.driver;
    settings["folder"] = options.far_folder;
    settings["password"] = password ? password : "";
    settings["key"] = options.ssh_key.empty() ? in_home("id_ed25519") : options.ssh_key;
    settings["known_hosts"] = options.known_hosts.empty() ? in_home("known_hosts") : options.known_hosts;
  }
  return specs;
}

// First the executors in the target's order, or only the one asked for.
Task<void> choose_executor(const Registry& registry, const TargetOptions& options, const Folders& folders, Prepared& prepared) {
  const Target& target = prepared.target.target;
  if (executors_asked_for(options.on).size() > 1)
    throw Error(ErrorKind::usage, "--on " + options.on + ": several executors are for `xtest run`", "name one of them");
  const ExecutorContext context{folders.locations.libexec / "xtest-agent", folders.locations.data, folders.scratch / target.triple,
                                folders.cache, folders.consoles, folders.say};
  const auto machine = machine_asked_for(target, options, folders.locations.data);
  const auto specs = machine ? std::vector<ExecutorSpec>{*machine} : target.executors;
  for (const ExecutorSpec& spec : with_settings(specs, options)) {
    if (prepared.executor || (!machine && !options.on.empty() && options.on != spec.name)) continue;
    const auto maker = registry.executors.find(spec.name);
    if (maker == registry.executors.end()) continue;
    if (spec.name == "vm" && options.on.empty()) {   // making an image and booting it is not what a user would expect
      prepared.considered.push_back({spec.name, {false, "a guest is taken only when asked for (--on vm)", ""}});
      continue;
    }
    auto executor = maker->second(target, spec, context);
    Availability availability = co_await executor->available();
    prepared.considered.push_back({spec.name, availability});
    if (!availability.usable) continue;
    prepared.executor = std::move(executor);
    prepared.target.executor = prepared.executor->name();
    prepared.target.executor_identity = prepared.executor->identity();
    prepared.target.library_folders = library_folders(spec);
  }
}

std::string with_remedy(const ToolchainProblem& problem) {
  return problem.why + (problem.remedy.empty() ? "" : "; " + problem.remedy);
}

Task<void> find_languages(const TargetOptions& options, const Folders& folders, Prepared& prepared) {
  PreparedTarget& target = prepared.target;
  for (const Language language : kLanguages) {
    if (!options.languages.empty() && !asked_for(options, language)) {
      target.absent[language] = "left out by --lang";
      continue;
    }
    const auto spec = target.target.compilers.find(language);
    if (spec == target.target.compilers.end() || !spec->second.absent.empty()) {
      target.absent[language] = spec == target.target.compilers.end() ? "the target file names none" : spec->second.absent;
      continue;
    }
    auto found = co_await find_toolchain(target.target, language, folders.cache);
    if (found) {
      target.toolchains[language] = std::move(*found);
      continue;
    }
    target.absent[language] = with_remedy(found.error());
    if (asked_for(options, language)) prepared.problems[language] = found.error();
  }
}

// rustc makes stack probes on aarch64 since 1.76 (rust-lang/rust#77071), elsewhere for longer or without need.
bool has_stack_probes(const std::string& arch, const std::string& version) {
  int major = 0, minor = 0;
  if (arch != "aarch64" || std::sscanf(version.c_str(), "rustc %d.%d", &major, &minor) != 2) return true;
  return major > 1 || minor >= 76;
}

void collect_features(Prepared& prepared) {
  PreparedTarget& target = prepared.target;
  target.features = target.target.features;
  target.features.merge(derived_features(target.target));
  if (prepared.executor) target.features.merge(prepared.executor->features());
  for (const auto& [language, toolchain] : target.toolchains) {
    target.features.insert("lang-" + std::string(to_string(language)));
    if (language == Language::c) target.features.insert(toolchain.name);
    if (language == Language::rust && has_stack_probes(target.target.arch, toolchain.version)) target.features.insert("rust-stack-probes");
  }
}

[[noreturn]] void refuse_executor(const Target& target, const std::string& name) {
  std::vector<std::string> names;
  for (const ExecutorSpec& spec : target.executors) names.push_back(spec.name);
  const auto near = nearest(name, names);
  throw Error(ErrorKind::usage, target.triple + " has no executor '" + name + "'",
              (near ? "did you mean " + *near + "? " : "") + "`xtest targets " + target.triple + "` lists those it has" +
                  (name == "vm" ? "; --on vm:IMAGE takes any image for its processor" : ""));
}

// "serial:PATH,BAUD" is one executor, "serial:PATH,vm" are two.
bool is_speed_of(const std::string& line, std::string_view word) {
  const bool is_executor = word.find(':') != word.npos || word == "vm" || word == "host" || word == "qemu-user" || word == "wine";
  return line.starts_with("serial:") && line.find(',') == line.npos && !is_executor;
}

}  // namespace

std::shared_ptr<std::function<void(std::string_view)>> make_say() {
  return std::make_shared<std::function<void(std::string_view)>>([](std::string_view line) { std::cerr << "xtest: " << line << "\n"; });
}

std::vector<Language> wanted_languages(const TargetOptions& options) {
  std::vector<Language> wanted;
  for (const Language language : kLanguages) {
    if (asked_for(options, language)) wanted.push_back(language);
  }
  return wanted;
}

bool asked_for(const TargetOptions& options, Language language) {
  if (options.languages.empty()) return language == Language::c || language == Language::cxx;
  return std::ranges::any_of(options.languages, [&](const std::string& word) {
    return word == "all" || word == to_string(language);
  });
}

TargetLibrary open_targets(const Locations& locations, const TargetOptions& options) {
  std::vector<std::filesystem::path> folders{locations.data / "targets" / "data"};
  folders.insert(folders.end(), options.target_dirs.begin(), options.target_dirs.end());
  return TargetLibrary(folders, {options.target_files.begin(), options.target_files.end()});
}

Task<Prepared> prepare(const Registry& registry, const Target& target, const TargetOptions& options, const Folders& folders) {
  Prepared prepared;
  prepared.target.target = target;
  prepared.target.executor = "none";
  prepared.on = options.on;
  co_await choose_executor(registry, options, folders, prepared);
  co_await find_languages(options, folders, prepared);
  collect_features(prepared);
  co_return prepared;
}

std::vector<std::string> executors_asked_for(const std::string& on) {
  std::vector<std::string> names;
  for (const std::string_view name : split(on, ',')) {
    if (!names.empty() && is_speed_of(names.back(), name)) {
      names.back() += "," + std::string(name);
      continue;
    }
    if (name.empty() && !on.empty()) throw Error(ErrorKind::usage, "--on " + on + " names an executor without a name", "write --on qemu-user,vm");
    if (std::ranges::find(names, name) != names.end()) throw Error(ErrorKind::usage, "--on " + on + " names " + std::string(name) + " twice");
    names.emplace_back(name);
  }
  return names;
}

Task<Prepared> prepare_on(const Registry& registry, const Prepared& ready, const TargetOptions& options, const Folders& folders) {
  Prepared prepared;
  prepared.target.target = ready.target.target;
  prepared.target.toolchains = ready.target.toolchains;
  prepared.target.absent = ready.target.absent;
  prepared.target.executor = "none";
  prepared.problems = ready.problems;
  prepared.on = options.on;
  co_await choose_executor(registry, options, folders, prepared);
  collect_features(prepared);
  co_return prepared;
}

std::vector<std::string> missing_packages(const Prepared& prepared) {
  const HostFacts host = host_facts();
  std::vector<std::string> missing;
  const auto add = [&](const std::string& role) {
    for (std::string& package : packages_for(prepared.target.target, role, host)) {
      if (std::ranges::find(missing, package) == missing.end()) missing.push_back(std::move(package));
    }
  };
  for (const auto& [language, problem] : prepared.problems) add(std::string(to_string(language)));
  if (!prepared.executor) {
    const bool is_asked_for = prepared.considered.size() == 1;
    const std::string executor =
        is_asked_for ? prepared.considered.front().executor : executor_to_install(prepared.target.target, host);
    if (!executor.empty()) add("executor:" + executor);
  }
  return missing;
}

void require_ready(const Prepared& prepared) {
  const Target& target = prepared.target.target;
  std::string missing;
  for (const auto& [language, problem] : prepared.problems) missing += "\n  " + problem.why;
  if (!prepared.executor) {
    if (!prepared.on.empty() && prepared.considered.empty()) refuse_executor(target, prepared.on);
    for (const Considered& considered : prepared.considered)
      missing += "\n  executor " + considered.executor + ": " + considered.availability.why;
  }
  if (missing.empty()) return;
  const auto packages = missing_packages(prepared);
  throw Error(ErrorKind::usage, target.triple + " cannot be tested here yet:" + missing,
              packages.empty() ? "`xtest doctor --target " + target.triple + "` says more"
                               : "run again with --install, or: " + install_command(packages, host_facts()));
}

}  // namespace xtest
