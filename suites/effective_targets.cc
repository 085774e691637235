// SPDX-License-Identifier: Apache-2.0
#include "suites/effective_targets.h"

#include "runner/base/text.h"
#include "suites/artifact.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace xtest {
namespace {

// How a keyword is decided: by the target's name alone, or also by a compile or a link of `text`, or a link of a call of that function.
enum class By { name, object, program, function };

struct EffectiveTarget {
  std::string_view keyword;
  By by = By::object;
  std::string_view text;               // for By::name: the triplets for which it holds
  std::string_view absent_on = {};     // triplets for which it does not hold, whatever the compiler says
  std::string_view flag = {};          // of the compile or the link
};

constexpr std::string_view kEverywhere = "*";
constexpr std::string_view kNowhere = "";

// Compiled without a warning, as DejaGnu wants it. The sizes are of the compiler's own types.
constexpr auto kKnown = std::to_array<EffectiveTarget>({
    {"alloca", By::name, kEverywhere, "nvptx-*-*"},
    {"exceptions", By::name, kEverywhere, "amdgcn*-*-*"},
    {"freestanding", By::name, "nvptx-*-*"},
    {"indirect_jumps", By::name, kEverywhere, "nvptx-*-* bpf-*-*"},
    {"label_values", By::name, kEverywhere, "nvptx-*-*"},
    {"newlib_nano_io", By::name, kNowhere},
    {"nonlocal_goto", By::name, kEverywhere, "nvptx-*-* bpf-*-*"},
    {"return_address", By::name, kEverywhere, "nvptx-*-* bpf-*-* amdgcn*-*-*"},
    {"signal", By::name, kEverywhere},
    {"stack_size", By::name, kNowhere},
    {"trampolines", By::name, kEverywhere, "avr-*-* msp430-*-* nvptx-*-* hppa2.0w-hp-hpux11.23 hppa64-hp-hpux11.23 pru-*-* bpf-*-*"},
    {"untyped_assembly", By::name, kEverywhere, "nvptx-*-*"},
    {"unwrapped", By::name, kEverywhere},

    {"int16", By::object, "int dummy[sizeof (int) < 4 ? 1 : -1];"},
    {"int32", By::object, "int dummy[sizeof (int) == 4 ? 1 : -1];"},
    {"int32plus", By::object, "int dummy[sizeof (int) >= 4 ? 1 : -1];"},
    {"int128", By::object, "#ifndef __SIZEOF_INT128__\n#error none\n#endif"},
    {"longlong64", By::object, "int dummy[sizeof (long long) == 8 ? 1 : -1];"},
    {"size20plus", By::object, "char dummy[65537L];"},
    {"size32plus", By::object, "char dummy[16777217L];"},
    {"ptr32plus", By::object, "int dummy[sizeof (void *) >= 4 ? 1 : -1];", "msp430-*-*"},
    {"ptr_eq_long", By::object, "int dummy[sizeof (void *) == sizeof (long) ? 1 : -1];", "msp430-*-*"},
    {"ilp32", By::object, "int dummy[sizeof (int) == 4 && sizeof (void *) == 4 && sizeof (long) == 4 ? 1 : -1];"},
    {"lp64", By::object, "int dummy[sizeof (int) == 4 && sizeof (void *) == 8 && sizeof (long) == 8 ? 1 : -1];"},
    {"llp64", By::object,
     "int dummy[sizeof (int) == 4 && sizeof (void *) == 8 && sizeof (long long) == 8 && sizeof (long) == 4 ? 1 : -1];"},
    {"ia32", By::object, "int dummy[sizeof (int) == 4 && sizeof (void *) == 4 && sizeof (long) == 4 ? 1 : -1] = { __i386__ };"},
    {"double64", By::object, "int dummy[sizeof (double) == 8 ? 1 : -1];"},
    {"double64plus", By::object, "int dummy[sizeof (double) >= 8 ? 1 : -1];"},
    {"large_double", By::object, "int dummy[sizeof (double) > sizeof (float) ? 1 : -1];"},
    {"longdouble128", By::object, "int dummy[sizeof (long double) == 16 ? 1 : -1];"},
    {"short_enums", By::object, "enum foo { bar };\nint s[sizeof (enum foo) == 1 ? 1 : -1];"},
    {"stdint_types", By::object,
     "#include <stdint.h>\nint8_t a; int16_t b; int32_t c; int64_t d;\nuint8_t e; uint16_t f; uint32_t g; uint64_t h;"},
    {"dfp", By::object, "float x __attribute__((mode(DD)));"},
    {"fpic", By::object, "extern int foo (void); extern int bar;\nint baz (void) { return foo () + bar; }", {}, "-fpic"},
    {"tls", By::object, "__thread int i;\nint f (void) { return i; }\nvoid g (int j) { i = j; }"},
    {"alias", By::object, "void g (void) {}\nvoid f (void) __attribute__((alias(\"g\")));"},
    {"weak", By::object, "extern int x __attribute__((weak));\nint *f (void) { return &x; }"},
    {"visibility", By::object, "void f (void) __attribute__((visibility(\"hidden\")));\nvoid f (void) {}"},
    {"named_sections", By::object, "int foo __attribute__((section(\"whatever\")));"},
    {"vxworks_kernel", By::object, "#if !defined __vxworks || defined __RTP__\n#error no\n#endif"},
    // gcc.dg/builtins-config.h
    {"c99_runtime", By::object,
     "#if (defined __hppa && defined __hpux) || defined __INTERIX || defined __AVR__ || (defined __FreeBSD__ && __FreeBSD__ < 9) \\\n"
     "  || defined __vxworks || defined __BPF__ || (defined _WIN32 && !defined __CYGWIN__)\n#error no\n#endif\n"
     "#include <sys/types.h>\n#if defined _NEWLIB_VERSION || defined __UCLIBC__ || (defined __sun && !defined _STDC_C99)\n#error no\n#endif"},

    {"fileio", By::program,
     "#include <stdio.h>\nint main () { char *n = tmpnam (NULL); FILE *f = fopen (n, \"w\"); fclose (f); remove (n); return 0; }"},
    {"fork", By::function, "fork", "*-*-vxworks*"},
    {"ifunc", By::program, "void g (void) {}\nstatic void *f_resolver (void) { return g; }\nvoid f (void) __attribute__((ifunc(\"f_resolver\")));\n"
                           "int main () { f (); return 0; }"},
    {"mkfifo", By::function, "mkfifo"},
    {"mmap", By::function, "mmap"},
});

// The text goes to the compiler through a pipe, so that no file of it is needed.
constexpr const char* kScript = "text=$1; shift; printf '%s\\n' \"$text\" | \"$@\"";

const EffectiveTarget* find(std::string_view keyword) {
  const auto known = std::ranges::find(kKnown, keyword, &EffectiveTarget::keyword);
  return known == kKnown.end() ? nullptr : &*known;
}

bool is_one_of(const Target& target, std::string_view triplets) {
  const auto names = triples_of(target);
  return std::ranges::any_of(split(triplets, ' '), [&](std::string_view triplet) {
    return std::ranges::any_of(names, [&](const std::string& name) { return glob_match(triplet, name); });
  });
}

bool is_linked(const EffectiveTarget& known) { return known.by == By::program || known.by == By::function; }

std::string text_of(const EffectiveTarget& known) {
  const std::string text(known.text);
  return known.by == By::function ? "char " + text + " ();\nint main () { " + text + " (); }" : text;
}

std::string question_name(const EffectiveTarget& known, const Asked& asked) {
  std::string name = "effective target " + std::string(known.keyword) + " of " + asked.toolchain.program.string();
  return is_linked(known) ? name + ", " + asked.link : name;
}

Job compile(const EffectiveTarget& known, const Asked& asked, const View& view) {
  const std::filesystem::path folder = view.work / "effective-targets" / (asked.toolchain.name + "-" + asked.link);
  const std::filesystem::path output = folder / (std::string(known.keyword) + (is_linked(known) ? ".exe" : ".o"));
  Job job;
  job.kind = JobKind::build;
  job.place = Place::host;
  job.command.env = build_environment(asked.toolchain);
  job.command.cwd = folder;
  job.outputs = {output};
  job.depfile = output.string() + ".d";
  job.tool_identity = asked.toolchain.identity;
  auto& argv = job.command.argv;
  for (const std::string& word : {std::string("/bin/sh"), std::string("-c"), std::string(kScript), std::string("sh"), text_of(known),
                                  asked.toolchain.program.string()})
    argv.emplace_back(word);
  for (const std::string& flag : asked.toolchain.spec.flags) argv.emplace_back(flag);
  if (!known.flag.empty()) argv.emplace_back(std::string(known.flag));
  if (known.by == By::function) argv.emplace_back("-fno-builtin");
  argv.emplace_back(is_linked(known) ? "-w" : "-Werror");
  for (const std::string& word : {std::string("-MD"), std::string("-MF"), job.depfile.string(), std::string("-x"), std::string("c"), std::string("-"),
                                  std::string("-o"), output.string()})
    argv.emplace_back(word);
  if (!is_linked(known)) argv.emplace_back("-c");
  const auto link = asked.toolchain.spec.link_flags.find(asked.link);
  if (is_linked(known) && link != asked.toolchain.spec.link_flags.end()) {
    for (const std::string& flag : link->second) argv.emplace_back(flag);
  }
  return job;
}

}  // namespace

void check_effective_target(const std::string& keyword, const Position& where) {
  if (find(keyword)) return;
  std::vector<std::string> names;
  for (const EffectiveTarget& known : kKnown) names.emplace_back(known.keyword);
  const auto near = nearest(keyword, names);
  throw Error(ErrorKind::usage, where, "nobody here knows the effective target '" + keyword + "'",
              near ? "did you mean " + *near + "?" : "known: " + join(names, " ") + "; leave the file out with `exclude` if it cannot be judged without it");
}

std::vector<Question> effective_target_questions(const std::set<std::string>& keywords, const Asked& asked, const View& view) {
  std::vector<Question> questions;
  for (const std::string& keyword : keywords) {
    const EffectiveTarget* known = find(keyword);
    if (!known || known->by == By::name || is_one_of(view.target, known->absent_on)) continue;
    Question& question = questions.emplace_back();
    question.name = question_name(*known, asked);
    question.builds = {compile(*known, asked, view)};
    question.job.kind = JobKind::fact;
    question.job.place = Place::host;
    question.job.command.argv = {"true"};
  }
  return questions;
}

bool has_effective_target(const std::string& keyword, const Asked& asked, const View& view) {
  const EffectiveTarget* known = find(keyword);
  if (!known || is_one_of(view.target, known->absent_on)) return false;
  if (known->by == By::name) return is_one_of(view.target, known->text);
  const auto answer = view.answers.find(question_name(*known, asked));
  if (answer == view.answers.end()) throw Error(ErrorKind::internal, "nobody asked for the effective target " + keyword);
  return answer->second.build_failure.empty();
}

std::vector<std::string> triples_of(const Target& target) {
  std::vector<std::string> names{target.triple};
  for (const std::string& alias : target.aliases) {
    if (std::ranges::count(alias, '-') >= 2) names.push_back(alias);
  }
  return names;
}

}  // namespace xtest
