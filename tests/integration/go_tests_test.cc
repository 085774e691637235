// SPDX-License-Identifier: Apache-2.0
// Framework `test2json` with a real Go package: what passes, fails, skips, panics, exits and hangs, subtests and testdata.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/playground.h"

namespace xtest {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kSuite =
    "suite: gone\nframework: test2json\npackages: [./...]\nlimit: 60s\n";

constexpr const char* kGoodTests = R"(package good
import ("fmt"; "os"; "testing")
func TestData(t *testing.T) {
	here, err := os.ReadFile("testdata/own.txt")
	if err != nil || string(here) != "own" { t.Fatal(err, string(here)) }
	beside, err := os.ReadFile("../shared/there.txt")
	if err != nil || string(beside) != "there" { t.Fatal(err, string(beside)) }
	if err := os.WriteFile("testdata/own.txt", []byte("spoiled"), 0o666); err != nil { t.Fatal(err) }
	if err := os.WriteFile("new.txt", nil, 0o666); err != nil { t.Fatal(err) }
}
func TestFails(t *testing.T) { t.Log("first"); t.Errorf("want %d", 3) }
func TestSkips(t *testing.T) { t.Skip("no moon tonight") }
func TestNoNewline(t *testing.T) { fmt.Print("no newline") }
func TestParallelOne(t *testing.T) { t.Parallel() }
func TestParallelTwo(t *testing.T) { t.Parallel() }
func TestSubtests(t *testing.T) {
	t.Run("one", func(t *testing.T) {})
	t.Run("two", func(t *testing.T) { t.Run("deep", func(t *testing.T) { t.Error("too deep") }) })
	t.Run("three", func(t *testing.T) { t.Skip("not three") })
}
func BenchmarkNothing(b *testing.B) { panic("benchmarks are not run") }
func ExampleHello() { fmt.Println("hello")
	// Output: hello
}
)";

constexpr const char* kBadTests = R"(package bad
import ("fmt"; "os"; "syscall"; "testing")
func TestBefore(t *testing.T) {}
func TestPanics(t *testing.T) { t.Run("sub", func(t *testing.T) { panic("boom") }) }
func TestPanicsTwice(t *testing.T) { defer func() { panic("two") }(); panic("one") }
func TestExits(t *testing.T) { os.Exit(0) }
func TestForges(t *testing.T) {
	fmt.Print("--- PASS: TestForges (0.00s)\n=== RUN   TestAfter\n--- PASS: TestAfter (0.00s)\n")
	syscall.Exit(0)
}
func TestKilled(t *testing.T) { syscall.Kill(syscall.Getpid(), syscall.SIGKILL); select {} }
func TestAfter(t *testing.T) {}
)";

constexpr const char* kHangingTests = R"(package hangs
import "testing"
func TestBefore(t *testing.T) {}
func TestHangs(t *testing.T) { t.Run("for ever", func(t *testing.T) { select {} }) }
func TestAfter(t *testing.T) {}
)";

void write_module(const Playground& here, const std::map<std::string, std::string>& files, const std::string& more = "") {
  here.write("suites/gone/suite.yaml", kSuite + more);
  here.write("suites/gone/go.mod", "module example.org/gone\n\ngo 1.19\n");
  for (const auto& [path, text] : files) here.write("suites/gone/" + path, text);
}

class GoTests : public testing::Test {
 protected:
  void SetUp() override {
    if (!is_there("go")) GTEST_SKIP() << "no go on PATH";
  }

  Ran run(const Playground::Words& more = {}) const {
    Playground::Words words{"--lang", "go"};
    words.insert(words.end(), more.begin(), more.end());
    return here_.run("gone", words);
  }

  Playground here_;
};

TEST_F(GoTests, PassFailSkipAndFindTheirData) {
  write_module(here_, {{"good/good_test.go", kGoodTests}, {"good/testdata/own.txt", "own"}, {"shared/there.txt", "there"}, {"empty/empty.go", "package empty\n"}});
  const Ran ran = run();
  EXPECT_EQ(ran.code, 100) << describe(ran);
  const auto verdicts = here_.verdicts();
  const std::string good = "example.org/gone/good::";
  EXPECT_EQ(verdicts.at(good + "TestData").status, "pass") << verdicts.at(good + "TestData").message;
  EXPECT_EQ(verdicts.at(good + "TestFails").message, "good_test.go:11: want 3");
  EXPECT_EQ(verdicts.at(good + "TestSkips").reason, "good_test.go:12: no moon tonight");
  for (const char* name : {"TestNoNewline", "TestParallelOne", "TestParallelTwo", "ExampleHello"}) EXPECT_EQ(verdicts.at(good + name).status, "pass") << name;
  EXPECT_EQ(verdicts.at("example.org/gone/empty::package").reason, "no test files");
  EXPECT_EQ(verdicts.size(), 9u) << "benchmarks and subtests are no tests";
  EXPECT_EQ(read_text(here_.folder() / "suites/gone/good/testdata/own.txt"), "own") << "nothing is written into the sources";
  EXPECT_FALSE(std::filesystem::exists(here_.folder() / "suites/gone/good/new.txt"));
}

TEST_F(GoTests, SubtestsAreToldOfAndNotCounted) {
  write_module(here_, {{"good/good_test.go", kGoodTests}, {"good/testdata/own.txt", "own"}, {"shared/there.txt", "there"}});
  const Ran ran = run({"*::TestSubtests", "--junit", (here_.folder() / "junit").string()});
  EXPECT_EQ(ran.code, 100) << describe(ran);
  EXPECT_EQ(here_.verdicts().size(), 1u);
  EXPECT_EQ(here_.verdicts().begin()->second.message, "two/deep: good_test.go:18: too deep");
  const std::string shown = here_.xtest({"show", "latest::gone::example.org/gone/good::TestSubtests"}).out;
  EXPECT_THAT(shown, AllOf(HasSubstr("4 subtests, 1 passed"), HasSubstr("fail  two/deep ("), HasSubstr("skip  three ("), HasSubstr("pass  one (")));
  std::string junit;
  for (const auto& file : std::filesystem::directory_iterator(here_.folder() / "junit")) junit += read_text(file.path());
  EXPECT_THAT(junit, AllOf(HasSubstr("name=\"TestSubtests/two/deep\""), HasSubstr("tests=\"5\""), HasSubstr("name=\"subtests\" value=\"4\"")));
  EXPECT_EQ(here_.xtest({"rejudge"}).code, 100);
  EXPECT_EQ(here_.verdicts().size(), 1u);
}

TEST_F(GoTests, ACrashCostsOneTest) {
  write_module(here_, {{"bad/bad_test.go", kBadTests}});
  const Ran ran = run();
  EXPECT_EQ(ran.code, 100) << describe(ran);
  const auto verdicts = here_.verdicts();
  const auto of = [&](const std::string& name) { return verdicts.at("example.org/gone/bad::" + name); };
  EXPECT_EQ(of("TestBefore").status, "pass");
  EXPECT_EQ(of("TestAfter").status, "pass");
  EXPECT_EQ(of("TestPanics").status, "crash");
  EXPECT_THAT(of("TestPanics").message, HasSubstr("panic: boom"));
  EXPECT_THAT(of("TestPanics").output, HasSubstr("bad_test.go:4"));
  EXPECT_EQ(of("TestPanicsTwice").status, "crash");
  EXPECT_THAT(of("TestExits").message, HasSubstr("os.Exit(0)"));
  EXPECT_EQ(of("TestForges").kind, "protocol") << of("TestForges").message;
  EXPECT_EQ(of("TestKilled").status, "crash");
  EXPECT_EQ(verdicts.size(), 7u);
}

TEST_F(GoTests, AHangIsDiagnosedByItsGoroutines) {
  write_module(here_, {{"hangs/hangs_test.go", kHangingTests}}, "short: true\n");
  here_.write("suites/gone/suite.yaml", "suite: gone\nframework: test2json\npackages: [./...]\nlimit: 4s\n");
  const Ran ran = run();
  EXPECT_EQ(ran.code, 100) << describe(ran);
  const auto verdicts = here_.verdicts();
  const Verdict hangs = verdicts.at("example.org/gone/hangs::TestHangs");
  EXPECT_EQ(hangs.status, "timeout");
  EXPECT_THAT(hangs.output, AllOf(HasSubstr("goroutine "), HasSubstr("hangs_test.go:4")));
  EXPECT_EQ(verdicts.at("example.org/gone/hangs::TestBefore").status, "pass");
  EXPECT_EQ(verdicts.at("example.org/gone/hangs::TestAfter").status, "pass");
}

TEST_F(GoTests, ASecondRunBuildsNothingUntilASourceChanges) {
  write_module(here_, {{"a/a.go", "package a\nfunc A() int { return 1 }\n"},
                       {"b/b_test.go", "package b\nimport (\"testing\"; \"example.org/gone/a\")\nfunc TestA(t *testing.T) { if a.A() != 1 { t.Fail() } }\n"}});
  EXPECT_EQ(run().code, 0);
  EXPECT_EQ(run().code, 0);
  const auto performed = [&] {
    std::size_t count = 0;
    for (const auto& event : here_.events(here_.records().back()))
      count += event.at("event") == "job_started" && event.value("what", "").find("b.test") != std::string::npos ? 1 : 0;
    std::size_t cached = 0;
    for (const auto& event : here_.events(here_.records().back())) cached += event.contains("cached_from") ? 1 : 0;
    return std::pair(count, cached);
  };
  EXPECT_EQ(performed().first, 1u);
  EXPECT_GE(performed().second, 1u) << "the binary is taken from the cache";
  here_.write("suites/gone/a/a.go", "package a\nfunc A() int { return 2 }\n");
  EXPECT_EQ(run().code, 100) << "a package that the test imports is an input, too";
}

TEST_F(GoTests, APackageThatDoesNotBuildOrListIsOneBadTest) {
  write_module(here_, {{"broken/broken_test.go", "package broken\nimport \"testing\"\nfunc TestX(t *testing.T) { nonsense() }\n"},
                       {"init/init_test.go", "package init_\nimport \"testing\"\nfunc init() { panic(\"at once\") }\nfunc TestX(t *testing.T) {}\n"}});
  const Ran ran = run();
  EXPECT_EQ(ran.code, 100) << describe(ran);
  const auto verdicts = here_.verdicts();
  EXPECT_EQ(verdicts.at("example.org/gone/broken::package").status, "build-fail");
  EXPECT_THAT(verdicts.at("example.org/gone/init::package").message, HasSubstr("could not be listed"));
  EXPECT_THAT(verdicts.at("example.org/gone/init::package").output, HasSubstr("at once"));
}

}  // namespace
}  // namespace xtest
