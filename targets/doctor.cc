// SPDX-License-Identifier: Apache-2.0
#include "targets/doctor.h"

#include "runner/base/process.h"
#include "runner/base/text.h"

#include <fstream>

#include <fmt/format.h>

namespace xtest {

namespace {

namespace fs = std::filesystem;

struct Sample {
  const char* title;
  const char* file;
  const char* text;
};

Sample sample_of(Language language) {
  switch (language) {
    case Language::c:
      return {"C compiler", "doctor.c", "#include <stdio.h>\nint main(void) { return puts(\"hello\") < 0; }\n"};
    case Language::cxx:
      return {"C++ compiler", "doctor.cc",
              "#include <iostream>\nint main() {\n  try { throw 1; } catch (int) { std::cout << \"hello\\n\"; }\n}\n"};
    case Language::go: return {"Go", "doctor.go", "package main\n\nfunc main() { println(\"hello\") }\n"};
    case Language::rust: return {"Rust compiler", "doctor.rs", "fn main() { println!(\"hello\"); }\n"};
  }
  return {};
}

std::vector<std::string> build_command(const Toolchain& tool, const std::string& kind, const fs::path& source,
                                       const fs::path& program) {
  std::vector<std::string> argv{tool.program.string()};
  if (tool.language == Language::go) argv.emplace_back("build");
  argv.insert(argv.end(), tool.spec.flags.begin(), tool.spec.flags.end());
  if (const auto flags = tool.spec.link_flags.find(kind); flags != tool.spec.link_flags.end()) {
    argv.insert(argv.end(), flags->second.begin(), flags->second.end());
  }
  argv.insert(argv.end(), {"-o", program.string(), source.string()});
  return argv;
}

std::string first_complaint(const Completion& completion) {
  for (const auto line : split(completion.err.text, '\n')) {
    if (line.find("error") != line.npos || line.find("cannot") != line.npos) return ": " + std::string(trim(line));
  }
  return {};
}

// Empty if it built, else what the compiler said.
Task<std::string> build(Toolchain tool, std::string kind, fs::path source, fs::path program) {
  ProcessSpec spec;
  spec.argv = build_command(tool, kind, source, program);
  spec.env = tool.env;
  spec.cwd = source.parent_path();
  spec.limit = std::chrono::minutes(5);
  const auto completion = co_await run_process(std::move(spec));
  std::error_code ignored;
  if (!exited_with(completion, 0)) co_return describe(completion.how) + first_complaint(completion);
  if (!fs::is_regular_file(program, ignored)) co_return std::string("made no program");
  co_return std::string();
}

struct Built {
  CheckedTool row;
  fs::path program;   // the first that was built, or empty
};

Task<Built> check_builds(const DoctorRequest& request, Toolchain tool, CheckedTool row) {
  const auto sample = sample_of(tool.language);
  const auto source = request.work / sample.file;
  std::ofstream(source) << sample.text;
  Built built{std::move(row), {}};
  std::vector<std::string> good_kinds;
  for (const auto& kind : link_kinds(request.target, tool.language)) {
    const auto program = request.work / fmt::format("doctor-{}-{}.exe", to_string(tool.language), kind);
    const auto why = co_await build(tool, kind, source, program);
    if (!why.empty()) {
      built.row.detail = fmt::format("{} cannot make a {} program: {}", tool.program.string(), kind, why);
      co_return built;
    }
    if (built.program.empty()) built.program = program;
    good_kinds.push_back(kind);
  }
  built.row.good = true;
  built.row.remedy.clear();
  built.row.detail =
      fmt::format("{} compiles and links ({}): {}", tool.program.string(), join(good_kinds, ", "), tool.version);
  co_return built;
}

CheckedTool row_for(const Target& target, Language language, const HostFacts& host) {
  CheckedTool row;
  row.what = sample_of(language).title;
  row.role = to_string(language);
  row.packages = packages_for(target, row.role, host);
  row.remedy = install_command(row.packages, host);
  return row;
}

}  // namespace

Task<std::vector<CheckedTool>> check_target(DoctorRequest request) {
  std::vector<CheckedTool> rows;
  const auto host = host_facts();
  for (const auto language : request.languages) {
    auto row = row_for(request.target, language, host);
    const auto spec = request.target.compilers.find(language);
    if (spec == request.target.compilers.end() || !spec->second.absent.empty()) {
      row.absent = true;
      row.detail = spec == request.target.compilers.end() ? "the target file names none" : spec->second.absent;
      row.remedy.clear();
      rows.push_back(std::move(row));
      continue;
    }
    auto tool = co_await find_toolchain(request.target, language, request.cache);
    if (!tool) {
      row.detail = tool.error().why;
      if (!tool.error().remedy.empty()) row.remedy = tool.error().remedy;
      rows.push_back(std::move(row));
      continue;
    }
    auto built = co_await check_builds(request, std::move(*tool), std::move(row));
    rows.push_back(std::move(built.row));
    if (built.program.empty() || !request.execute) continue;
    auto executed = co_await request.execute(language, built.program);
    rows.push_back(std::move(executed));
  }
  co_return rows;
}

}  // namespace xtest
