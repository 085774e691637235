// SPDX-License-Identifier: Apache-2.0
#include "targets/rust.h"

#include "runner/base/hash.h"
#include "runner/base/log.h"
#include "runner/base/process.h"
#include "runner/base/text.h"
#include "runner/store/private_apt.h"
#include "targets/identity_cache.h"
#include "targets/tool_env.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include <nlohmann/json.hpp>

namespace xtest {

namespace {

namespace fs = std::filesystem;

constexpr const char* role = "private:rust";

// Debian has several rustc (rustc, rustc-web), whose files lie in the same places: each has a root of its own.
fs::path private_root(const Target& target, const ToolSearch& search) {
  const auto packages = packages_for(target, role, search.host);
  const auto compiler = std::ranges::find_if(packages, [](const std::string& package) { return package.starts_with("rustc"); });
  const std::string name = compiler == packages.end() ? "rustc" : compiler->substr(0, compiler->find_first_of(":="));
  return search.cache / "rust" / search.host.arch / name;
}

fs::path manifest_file(const fs::path& root, const std::string& triple) { return root / (triple + ".json"); }

// The first entry of a folder whose name begins and ends so; an empty path if there is none.
fs::path first_entry(const fs::path& folder, std::string_view head, std::string_view tail) {
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    const auto name = entry->path().filename().string();
    if (name.starts_with(head) && name.ends_with(tail)) return entry->path();
  }
  return {};
}

fs::path standard_library(const fs::path& sysroot, const std::string& triple) {
  return first_entry(sysroot / "lib" / "rustlib" / triple / "lib", "libstd-", ".rlib");
}

fs::path driver_folder(const fs::path& sysroot) {
  std::error_code error;
  for (fs::directory_iterator entry(sysroot / "lib", error), end; !error && entry != end; entry.increment(error)) {
    if (!first_entry(entry->path(), "librustc_driver-", ".so").empty()) return entry->path();
  }
  return {};
}

Task<Completion> ask_rustc(fs::path program, std::vector<std::string> words, std::vector<std::string> env) {
  ProcessSpec spec;
  spec.argv = {program.string()};
  spec.argv.insert(spec.argv.end(), words.begin(), words.end());
  spec.env = std::move(env);
  spec.limit = std::chrono::seconds(60);
  co_return co_await run_process(std::move(spec));
}

// One rustc that may serve: where it is, how it is started, what decides its identity.
struct Candidate {
  fs::path program;
  std::vector<std::string> flags;
  std::vector<std::string> env;
  std::string stamp;
};

std::optional<Candidate> private_candidate(const Target& target, const std::string& triple, const ToolSearch& search) {
  const auto root = private_root(target, search);
  const auto sysroot = root / "usr";
  const auto library = standard_library(sysroot, triple);
  if (!fs::exists(manifest_file(root, triple)) || library.empty()) return std::nullopt;
  Candidate found;
  found.program = sysroot / "bin" / "rustc";
  found.flags = {"--sysroot", sysroot.string()};
  found.env = tool_environment(found.program, {"LD_LIBRARY_PATH=" + driver_folder(sysroot).string()});
  found.stamp = tool_stamp(found.program, search.path) + "\n" + tool_stamp(library, search.path);
  return found;
}

std::string from_environment(const char* name, const std::string& otherwise) {
  const char* value = std::getenv(name);
  return value ? value : otherwise;
}

// rustup's rustc is a proxy: it needs the user's folder, and its settings decide which compiler it starts.
std::optional<Candidate> user_candidate(const CompilerSpec& spec, const ToolSearch& search) {
  for (const auto& name : spec.try_names) {
    const auto program = find_program(name, search.path);
    if (!program) continue;
    const auto home = from_environment("HOME", "/nonexistent");
    const auto rustup = from_environment("RUSTUP_HOME", home + "/.rustup");
    Candidate found;
    found.program = *program;
    found.env = tool_environment(*program, {"HOME=" + home, "RUSTUP_HOME=" + rustup});
    found.stamp = tool_stamp(*program, search.path) + "\n" + tool_stamp(rustup + "/settings.toml", search.path);
    return found;
  }
  return std::nullopt;
}

// Its version and the folder where the target's standard library would be; no folder if it does not know the target.
Task<std::expected<Answer, std::string>> question_rustc(Candidate candidate, std::string triple) {
  std::vector<std::string> version_words{"--version"};
  const auto version = co_await ask_rustc(candidate.program, std::move(version_words), candidate.env);
  if (!exited_with(version, 0))
    co_return std::unexpected(candidate.program.string() + " --version " + describe(version.how));
  auto words = candidate.flags;
  for (const auto* word : {"--print", "target-libdir", "--target"}) words.emplace_back(word);
  words.push_back(triple);
  const auto folder = co_await ask_rustc(candidate.program, std::move(words), candidate.env);
  const std::string path(exited_with(folder, 0) ? trim(folder.out.text) : "");
  co_return Answer{{"version", std::string(trim(version.out.text))}, {"libdir", path}};
}

std::string rust_triple(const Target& target) {
  const auto& triple = target.compilers.at(Language::rust).triple;
  return triple.empty() ? target.triple : triple;
}

// The packages named in the target files are those of this release.
constexpr const char* suite = "bookworm";

PrivateApt::Options apt_options(const ToolSearch& search, const std::vector<std::string>& packages, Progress progress) {
  PrivateApt::Options options;
  options.suite = suite;
  options.architectures = {search.host.arch};
  for (const auto& package : packages) {
    const auto colon = package.find(':');
    if (colon == package.npos) continue;
    const auto arch = package.substr(colon + 1);
    if (std::ranges::find(options.architectures, arch) == options.architectures.end())
      options.architectures.push_back(arch);
  }
  options.root = search.cache / "apt" / (std::string(suite) + "-" + join(options.architectures, "-"));
  options.progress = std::move(progress);
  return options;
}

void write_manifest(const fs::path& file, const std::vector<std::string>& packages) {
  const auto fresh = file.string() + ".new";
  std::ofstream out(fresh, std::ios::trunc);
  out << nlohmann::json{{"packages", packages}}.dump(1) << '\n';
  out.close();
  if (!out) throw Error(ErrorKind::infra, file.string() + ": cannot be written", "make room for it");
  fs::rename(fresh, file);
}

ToolchainProblem problem(const Target& target, const ToolSearch& search, const std::string& why) {
  const bool can_install = !packages_for(target, role, search.host).empty();
  return {"no Rust for " + target.triple + ": " + why,
          can_install ? "xtest doctor --target " + target.triple + " --lang rust --install"
                      : "rustup target add " + target.compilers.at(Language::rust).triple};
}

}  // namespace

Task<FoundToolchain> find_rust(const Target& target, ToolSearch search) {
  const auto& spec = target.compilers.at(Language::rust);
  const auto triple = rust_triple(target);
  auto candidate = private_candidate(target, triple, search);
  if (!candidate) candidate = user_candidate(spec, search);
  if (!candidate) co_return std::unexpected(problem(target, search, "there is no rustc with its standard library"));
  const IdentityCache known(search.cache / "toolchains");
  auto answer = known.find(candidate->stamp, "rust " + triple);
  if (!answer || !answer->contains("version") || !answer->contains("libdir")) {
    auto fresh = co_await question_rustc(*candidate, triple);
    if (!fresh) co_return std::unexpected(problem(target, search, fresh.error()));
    known.keep(candidate->stamp, "rust " + triple, *fresh);
    answer = std::move(*fresh);
  }
  if (first_entry(answer->at("libdir"), "libstd-", ".rlib").empty()) {
    const auto why = answer->at("libdir").empty() ? " does not know " + triple : " has no standard library for it";
    co_return std::unexpected(
        problem(target, search, answer->at("version") + " (" + candidate->program.string() + ")" + why));
  }
  const auto linker = co_await find_toolchain(target, Language::c, search);
  if (!linker) {
    co_return std::unexpected(ToolchainProblem{"no linker for Rust on " + target.triple + ": " + linker.error().why,
                                               linker.error().remedy});
  }
  Toolchain found{Language::rust, "rustc", candidate->program, answer->at("version"), {}, spec, candidate->env};
  found.spec.triple = triple;
  found.spec.flags = candidate->flags;
  for (const auto& flag : {std::string("--target"), triple, std::string("-C"), "linker=" + linker->program.string()}) {
    found.spec.flags.push_back(flag);
  }
  found.spec.flags.insert(found.spec.flags.end(), spec.flags.begin(), spec.flags.end());
  found.identity = found.version + " " + triple + " " + sha256_hex(candidate->stamp + linker->identity).substr(0, 16);
  co_return found;
}

Task<void> install_rust(const Target& target, std::filesystem::path cache, Progress progress) {
  auto search = usual_search(std::move(cache));
  if (!progress) progress = [](std::string_view line) { log_info("rust", "{}", line); };
  const Unpack by_apt = [search, progress](std::vector<std::string> packages, fs::path into) -> Task<void> {
    PrivateApt apt(apt_options(search, packages, progress));
    co_await apt.provide(std::move(packages), std::move(into));
  };
  co_await install_rust(target, search, by_apt);
}

Task<void> install_rust(const Target& target, ToolSearch search, Unpack unpack) {
  const auto spec = target.compilers.find(Language::rust);
  if (spec == target.compilers.end() || !spec->second.absent.empty()) co_return;
  if (const auto there = co_await find_rust(target, search)) co_return;
  const auto packages = packages_for(target, role, search.host);
  if (packages.empty()) {
    throw Error(ErrorKind::usage,
                "no packages are known that would provide Rust for " + target.triple + " on this host",
                "add private:rust below packages in " + target.where.file);
  }
  const auto triple = rust_triple(target);
  const auto root = private_root(target, search);
  fs::create_directories(root);
  co_await unpack(packages, root);
  if (!fs::exists(root / "usr/bin/rustc") || standard_library(root / "usr", triple).empty()) {
    throw Error(ErrorKind::infra,
                "the packages " + join(packages, " ") + " hold no rustc with a standard library for " + triple,
                "correct private:rust below packages in " + target.where.file);
  }
  write_manifest(manifest_file(root, triple), packages);
}

}  // namespace xtest
