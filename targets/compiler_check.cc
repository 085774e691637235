// SPDX-License-Identifier: Apache-2.0
#include "targets/compiler_check.h"

#include "runner/base/process.h"
#include "runner/base/text.h"

#include <algorithm>
#include <array>

namespace xtest {

namespace {

struct MacroOf {
  std::string_view feature;
  std::string_view macro;
};

constexpr std::array processors{
    MacroOf{"x86_64", "__x86_64__"},      MacroOf{"i686", "__i386__"},      MacroOf{"aarch64", "__aarch64__"},
    MacroOf{"armv7", "__arm__"},          MacroOf{"riscv64", "__riscv"},    MacroOf{"powerpc64le", "__powerpc64__"},
    MacroOf{"powerpc64", "__powerpc64__"}, MacroOf{"s390x", "__s390x__"},   MacroOf{"loongarch64", "__loongarch64"},
    MacroOf{"mips64el", "__mips64"},      MacroOf{"sparc64", "__sparc__"}};

constexpr std::array systems{MacroOf{"linux", "__linux__"},     MacroOf{"windows", "_WIN32"},
                             MacroOf{"freebsd", "__FreeBSD__"}, MacroOf{"netbsd", "__NetBSD__"},
                             MacroOf{"openbsd", "__OpenBSD__"}, MacroOf{"dragonfly", "__DragonFly__"},
                             MacroOf{"illumos", "__sun"},       MacroOf{"solaris", "__sun"},
                             MacroOf{"darwin", "__APPLE__"},    MacroOf{"haiku", "__HAIKU__"}};

constexpr std::array host_headers{"/usr/include/stdio.h", "/usr/local/include/stdio.h"};

Task<Completion> ask(std::vector<std::string> argv, std::vector<std::string> env) {
  ProcessSpec spec;
  spec.argv = std::move(argv);
  spec.env = std::move(env);
  spec.cwd = "/";
  spec.limit = std::chrono::seconds(30);
  co_return co_await run_process(std::move(spec));
}

std::string first_line(std::string_view text) { return std::string(trim(text.substr(0, text.find('\n')))); }

std::string what_went_wrong(const Completion& completion) {
  for (const auto line : split(completion.err.text, '\n')) {
    if (line.find("error") != line.npos) return std::string(trim(line));
  }
  return describe(completion.how);
}

std::optional<std::string> missing_macro(const Target& target, const CompilerFacts& facts,
                                         std::span<const MacroOf> table) {
  for (const auto& [feature, macro] : table) {
    if (target.features.contains(std::string(feature)) && !facts.macros.contains(std::string(macro)))
      return std::string(macro);
  }
  return std::nullopt;
}

// Bits, byte order, processor, system: what the compiler itself says about its output.
std::optional<std::string> other_machine(const Target& target, const CompilerFacts& facts) {
  const auto says = [&](const char* macro, std::string_view value) {
    const auto found = facts.macros.find(macro);
    return found == facts.macros.end() || found->second == value;
  };
  if (!says("__SIZEOF_POINTER__", *target.files.bits == 64 ? "8" : "4")) return "its pointers have another size";
  const bool big = *target.files.order == ByteOrder::big;
  if (!says("__BYTE_ORDER__", big ? "__ORDER_BIG_ENDIAN__" : "__ORDER_LITTLE_ENDIAN__"))
    return "its byte order is the other one";
  if (const auto macro = missing_macro(target, facts, processors)) return "it does not define " + *macro;
  if (const auto macro = missing_macro(target, facts, systems)) return "it does not define " + *macro;
  return std::nullopt;
}

bool is_host_header(const Target& target, const CompilerFacts& facts, const HostFacts& host) {
  return std::ranges::find(host_headers, facts.stdio) != host_headers.end() && !runs_natively(target, host);
}

bool takes_host_headers(const Target& target, const CompilerFacts& facts, const HostFacts& host) {
  const bool has_glibc = facts.macros.contains("__GLIBC__");
  return (has_glibc && !target.features.contains("glibc")) || is_host_header(target, facts, host);
}

Refusal refuse_host_headers(const Target& target, const CompilerFacts& facts) {
  const auto more = facts.trouble.empty() ? "" : ": " + facts.trouble;
  return {"takes this host's headers (" + facts.stdio + ") for " + target.triple + more,
          "give it the target's with --sysroot=DIR in the flags of this compiler in the target file"};
}

// clang's -H is silent about headers of the command line; its -M is not.
void read_dependencies(std::string_view rule, CompilerFacts& facts) {
  for (const auto line : split(rule, '\n')) {
    for (const auto word : split(line, ' ')) {
      if (word.ends_with("/stdio.h") && facts.stdio.empty()) facts.stdio = word;
    }
  }
}

bool is_name_of(const Target& target, const CompilerSpec& spec, const std::string& machine) {
  const auto has = [&](const std::vector<std::string>& names) {
    return std::ranges::find(names, machine) != names.end();
  };
  return machine == target.triple || has(target.aliases) || has(spec.dumpmachine);
}

}  // namespace

void read_macros(std::string_view output, CompilerFacts& facts) {
  constexpr std::string_view define = "#define ";
  for (const auto line : split(output, '\n')) {
    if (!line.starts_with(define)) continue;
    const auto rest = line.substr(define.size());
    const auto space = rest.find(' ');
    facts.macros.emplace(rest.substr(0, space), space == rest.npos ? "" : rest.substr(space + 1));
  }
}

void read_headers(std::string_view listing, CompilerFacts& facts) {
  constexpr std::string_view included = "In file included from ";
  for (auto line : split(listing, '\n')) {
    if (line.starts_with(included)) line.remove_prefix(included.size());
    if (line.starts_with('.') && line.ends_with("/stdio.h")) facts.stdio = line.substr(line.find_first_not_of(". "));
    else if (line.starts_with('/') && line.find("/stdio.h:") != line.npos) facts.stdio = line.substr(0, line.find(':'));
    if (!facts.stdio.empty()) return;
  }
}

Task<std::string> ask_for_helper(std::filesystem::path program, std::string name, std::vector<std::string> flags,
                                 std::vector<std::string> env) {
  std::vector<std::string> argv{program.string()};
  argv.insert(argv.end(), flags.begin(), flags.end());
  argv.push_back("-print-prog-name=" + name);
  const auto answer = co_await ask(std::move(argv), std::move(env));
  co_return exited_with(answer, 0) ? first_line(answer.out.text) : "";
}

Task<CompilerFacts> ask_compiler(std::filesystem::path program, Language language, std::vector<std::string> flags,
                                 std::vector<std::string> env) {
  CompilerFacts facts;
  std::vector<std::string> argv{program.string()};
  argv.insert(argv.end(), flags.begin(), flags.end());
  const auto with = [&](std::vector<std::string> more) {
    more.insert(more.begin(), argv.begin(), argv.end());
    return more;
  };
  auto version_question = with({"--version"});
  const auto version = co_await ask(std::move(version_question), env);
  facts.version = first_line(version.out.text);
  auto machine_question = with({"-dumpmachine"});
  const auto machine = co_await ask(std::move(machine_question), env);
  facts.machine = first_line(machine.out.text);
  auto macro_question =
      with({"-E", "-dM", "-H", "-include", "stdio.h", "-x", language == Language::cxx ? "c++" : "c", "/dev/null"});
  const auto macros = co_await ask(std::move(macro_question), env);
  read_macros(macros.out.text, facts);
  read_headers(macros.err.text, facts);
  if (!exited_with(macros, 0)) facts.trouble = what_went_wrong(macros);
  if (!facts.stdio.empty()) co_return facts;
  auto rule_question = with({"-M", "-include", "stdio.h", "-x", language == Language::cxx ? "c++" : "c", "/dev/null"});
  const auto rule = co_await ask(std::move(rule_question), env);
  read_dependencies(rule.out.text, facts);
  co_return facts;
}

std::optional<Refusal> judge_compiler(const Target& target, Language language, const CompilerFacts& facts,
                                      const HostFacts& host) {
  if (!facts.trouble.empty() && is_host_header(target, facts, host)) return refuse_host_headers(target, facts);
  if (!facts.trouble.empty()) return Refusal{"cannot compile a file that includes <stdio.h>: " + facts.trouble, {}};
  if (const auto why = other_machine(target, facts)) {
    return Refusal{"makes programs for another machine (" + facts.machine + "): " + *why, {}};
  }
  if (takes_host_headers(target, facts, host)) return refuse_host_headers(target, facts);
  const auto spec = target.compilers.find(language);
  if (spec != target.compilers.end() && !is_name_of(target, spec->second, facts.machine)) {
    return Refusal{"says that it makes programs for '" + facts.machine + "', which is no name of " + target.triple,
                   "if they are the same, add it to the aliases in " + target.where.file};
  }
  return std::nullopt;
}

}  // namespace xtest
