// SPDX-License-Identifier: Apache-2.0
// Planted faults: tests/faults/NAME.yaml is a target with one fault (see README.md); the real xtest runs hello and all
// probes on it. The probes that know the fault must be bad and say its cause; every other test passes, is skipped or is
// blocked. Two healthy targets, made in the same way, must give no alarm at all.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

#include "tests/support/playground.h"

namespace xtest {
namespace {

namespace fs = std::filesystem;
using Strings = std::vector<std::string>;

constexpr std::chrono::seconds kLimit{600};

struct Named {
  Strings tests;                                 // that must be bad, all of them
  std::string words;                             // each diagnosis contains this
};

struct Fault {
  std::string name;                              // of its target file
  std::string broken_rung;                       // the headline
  std::vector<Named> named;
  Strings programs;                              // it cannot be planted without these
  int exit_code = 100;
};

std::ostream& operator<<(std::ostream& out, const Fault& fault) { return out << fault.name; }

const Strings kX86{"x86_64-linux-gnu-gcc", "x86_64-linux-gnu-g++"};
const Strings kAarch64{"aarch64-linux-gnu-gcc", "aarch64-linux-gnu-g++", "qemu-aarch64-static"};

Strings of(const std::string& probe, const Strings& cases) {
  Strings ids;
  for (const std::string& name : cases) ids.push_back("probes::" + probe + "::" + name);
  return ids;
}

const Strings kC{"c"}, kCxx{"cxx"}, kBoth{"c", "cxx"};
const Strings kFiles{"c", "c-static", "cxx", "cxx-static"}, kPeFiles{"c", "c-dynamic", "cxx", "cxx-dynamic"};

const std::vector<Fault> kFaults{
    {"wrong-loader", "file", {{of("A2", kBoth), "interpreter is /lib64/ld-linux-x86-64.so.9"}}, kX86},
    {"wrong-loader-aarch64", "file", {{of("A2", kBoth), "interpreter is /lib64/ld-linux-aarch64.so.1"}}, kAarch64},
    {"constructors-lost",
     "file",
     {{of("A7", kBoth), "they would not run"}, {of("B2", kC), "Static initialisers did not run before main"}},
     kX86},
    {"constructors-skipped", "startup", {{of("B2", kC), "Static initialisers did not run before main"}}, kAarch64},
    {"half-static", "file", {{of("A3", kC), "half-static: the file needs libc.so.6"}}, {"musl-gcc", "gcc"}},
    {"getrandom-number", "system", {{of("G8", kC), "SYS_getrandom is 278"}}, kX86},
    {"getrandom-number-aarch64", "system", {{of("G8", kC), "SYS_getrandom is 318"}}, kAarch64},
    {"guard-absent", "stack", {{of("C2", kC), "the guard is absent"}}, kX86},
    {"overflow-unnoticed",
     "stack",
     {{of("C1", kBoth), "before any handler can run"}, {of("C2", kC), "before any handler can run"}},
     kX86},
    {"unwind-tables-dropped", "file", {{of("A8", kBoth), "no .eh_frame"}}, kX86},
    {"unwind-tables-not-made", "file", {{of("A8", {"c", "c-static"}), "have no unwind entry: main"}}, kAarch64},
    {"unwinder-blind",
     "hello",
     {{{"hello::dynamic::cxx"}, "the unwinder finds no tables"}, {of("D6", kC), "A backtrace ends too early"}},
     kX86},
    {"tls-image-lost", "threads", {{of("E1", kBoth), "the TLS image is not copied"}}, kX86},
    {"tls-image-lost-aarch64", "threads", {{of("E1", kBoth), "the TLS image is not copied"}}, kAarch64},
    {"library-tls-lost", "threads", {{of("E1-shared", kC), "its TLS image is not copied"}}, kX86},
    {"exits-forgotten", "threads", {{of("E2", kCxx), "Destructors of thread-local objects do not run"}}, kX86},
    {"branded", "file", {{of("A1", kFiles), "OS/ABI is FreeBSD (9)"}}, kX86},
    {"other-machine", "file", {{of("A1", kFiles), "machine is i386"}}, {"i686-linux-gnu-gcc", "i686-linux-gnu-g++"}},
    {"callee-ms", "calls", {{of("H1", kBoth), "caller and callee disagree"}}, kX86},
    {"callee-memory", "calls", {{of("H1", kBoth), "caller and callee disagree"}}, kAarch64},
    {"misaligned", "calls", {{of("J1", kC), "not aligned to 16"}}, kX86},
    {"soft-float", "file", {{of("A1", kFiles), "soft-float"}}, {"arm-linux-gnueabihf-gcc", "arm-linux-gnueabihf-g++"}},
    {"builder-path", "file", {{of("A4", kBoth), "which lies below /usr/lib/x86_64-linux-gnu of the build host"}}, kX86},
    {"executable-stack", "file", {{of("A11", kFiles), "asks for an executable stack"}}, kX86},
    {"own-dll",
     "file",
     {{of("A10", kPeFiles), "imports portfault.dll"}},
     {"x86_64-w64-mingw32-gcc-posix", "x86_64-w64-mingw32-g++-posix", "/usr/lib/wine/wine64"}},
};

struct Row {
  std::string status, kind, hint, message;
  bool is_bad() const { return status != "pass" && status != "skip"; }
};
using Rows = std::map<std::string, Row>;         // test id -> how it ended

std::string triple_of(const fs::path& target_file) {
  std::istringstream lines(read_text(target_file));
  const std::string key = "triple: ";
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(key)) return line.substr(key.size());
  }
  throw std::runtime_error(target_file.string() + " has no triple");
}

Rows rows_of(const fs::path& jsonl) {
  Rows rows;
  std::ifstream in(jsonl);
  for (std::string line; std::getline(in, line);) {
    const auto event = nlohmann::json::parse(line);
    if (event.at("type") != "case") continue;
    rows[event.at("test")] = {event.at("status"), event.at("kind"), event.at("hint"), event.at("message")};
  }
  return rows;
}

struct Told {
  Ran ran;
  Rows rows;
};

Told run_target(const std::string& name) {
  const fs::path folder = fs::path(XTEST_SOURCE_DIR) / "tests/faults";
  const fs::path target = folder / (name + ".yaml");
  const Playground play("faults");
  Call call = play.call({"run", "--target-file", target.string(), "--target", triple_of(target), "--runs", "runs",
                         "--jsonl", "all.jsonl", "--color", "never"});
  call.env["PATH"] = (folder / "tools").string() + ":/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  call.limit = kLimit;
  Told told{run_program(call), {}};
  told.rows = rows_of(play.folder() / "all.jsonl");
  return told;
}

std::string absent(const Strings& programs) {
  const auto missing = std::ranges::find_if_not(programs, is_there);
  return missing == programs.end() ? "" : *missing;
}

class PlantedFault : public testing::TestWithParam<Fault> {};

TEST_P(PlantedFault, IsNamedByItsProbeAndByNoOther) {
  const Fault& fault = GetParam();
  if (const auto missing = absent(fault.programs); !missing.empty())
    GTEST_SKIP() << "requires " << missing << " on PATH";
  const Told told = run_target(fault.name);
  SCOPED_TRACE(describe(told.ran));
  EXPECT_EQ(told.ran.code, fault.exit_code);
  std::set<std::string> expected;
  for (const Named& named : fault.named) {
    for (const std::string& test : named.tests) {
      expected.insert(test);
      const auto row = told.rows.find(test);
      ASSERT_NE(row, told.rows.end()) << test << " was not even listed";
      EXPECT_TRUE(row->second.is_bad()) << test << " did not notice the fault: " << row->second.status;
      EXPECT_THAT(row->second.hint + row->second.message, testing::HasSubstr(named.words)) << test;
    }
  }
  for (const auto& [test, row] : told.rows)
    EXPECT_TRUE(expected.contains(test) || !row.is_bad()) << test << " is a neighbour and fires: " << row.hint;
  EXPECT_THAT(told.ran.out + told.ran.err, testing::HasSubstr("the rung \"" + fault.broken_rung + "\" is broken"));
}

INSTANTIATE_TEST_SUITE_P(Faults, PlantedFault, testing::ValuesIn(kFaults), [](const auto& info) {
  std::string name = info.param.name;
  std::ranges::replace(name, '-', '_');
  return name;
});

const Strings kRiscv{"riscv64-linux-gnu-gcc", "riscv64-linux-gnu-g++"};

TEST(BrokenToolchain, ThatCannotLinkIsABuildFailureAndSaysWhy) {
  if (const auto missing = absent(kRiscv); !missing.empty()) GTEST_SKIP() << "requires " << missing << " on PATH";
  const Told told = run_target("soft-float-link");
  SCOPED_TRACE(describe(told.ran));
  EXPECT_EQ(told.ran.code, 101);
  int failed = 0;
  for (const auto& [test, row] : told.rows) {
    if (row.status == "skip") continue;
    failed++;
    EXPECT_EQ(row.status, "build-fail") << test;
    EXPECT_THAT(row.message, testing::HasSubstr("can't link soft-float modules with double-float modules")) << test;
  }
  EXPECT_GT(failed, 0);
}

TEST(BrokenToolchain, WithoutHeadersForItsFloatAbiIsRefusedBeforeTheRun) {
  if (const auto missing = absent(kRiscv); !missing.empty()) GTEST_SKIP() << "requires " << missing << " on PATH";
  const Told told = run_target("soft-float-headers");
  SCOPED_TRACE(describe(told.ran));
  EXPECT_EQ(told.ran.code, 2);
  EXPECT_TRUE(told.rows.empty());
  EXPECT_THAT(told.ran.err, testing::HasSubstr("stubs-lp64.h"));
}

class HealthyTarget : public testing::TestWithParam<const char*> {};

TEST_P(HealthyTarget, GivesNoAlarm) {
  const std::string name = GetParam();
  if (const auto missing = absent(name == "healthy" ? kX86 : kAarch64); !missing.empty())
    GTEST_SKIP() << "requires " << missing;
  const Told told = run_target(name);
  SCOPED_TRACE(describe(told.ran));
  EXPECT_EQ(told.ran.code, 0);
  for (const auto& [test, row] : told.rows) {
    EXPECT_FALSE(row.is_bad()) << test << ": " << row.hint;
    EXPECT_NE(row.kind, "blocked") << test;
  }
  for (const Fault& fault : kFaults) {
    if (fault.programs != kX86) continue;
    for (const Named& named : fault.named) {
      for (const std::string& test : named.tests)
        EXPECT_EQ(told.rows.at(test).status, "pass") << test << " would name a fault here only by being skipped";
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Targets, HealthyTarget, testing::Values("healthy", "healthy-aarch64"), [](const auto& info) {
  return std::string(info.param) == "healthy" ? "x86_64" : "aarch64";
});

}  // namespace
}  // namespace xtest
