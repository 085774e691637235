// SPDX-License-Identifier: Apache-2.0
// The commands below a failure: pasted to a shell, they select that test and no other.
#include "reports/failure_block.h"

#include "runner/base/text.h"
#include "runner/engine/select.h"
#include "tests/support/sample_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <memory>

namespace xtest {
namespace {

using testing::ElementsAre;

// The words that a shell makes of a line.
std::vector<std::string> words_of_shell(const std::string& line) {
  const std::string command = "printf '%s\\0' " + line;
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen(command.c_str(), "r"), ::pclose);
  std::vector<std::string> words(1);
  for (int c = std::fgetc(pipe.get()); c != EOF; c = std::fgetc(pipe.get())) {
    if (c == 0) words.emplace_back();
    else words.back() += static_cast<char>(c);
  }
  words.pop_back();
  return words;
}

const std::vector<std::string>& odd_names() {
  static const std::vector<std::string> names{
      "plain.c",    "a b.c",    "a  b.c",   " lead",   "trail ",    "it's.c",   "\"q\".c",  "$HOME `id` \\ !x",
      "a[1].c",     "a1.c",     "a[!b].c",  "ax.c",    "[x]",       "x",        "]",        "*.c",
      "?.c",        "b.c",      "(.c",      ").c",     "a(b).c",    "f()",      "(()",      "a|b & c",
      "not a",      "a and b",  "#1",       "100%",    "tab\there", "new\nline", "caf\u00e9", "cafe",
      "\xff.c",     "-x",       "~",        "{a,b}",   "a\\*",      "a\\",      "[(]",      "a=b;c"};
  return names;
}

std::string id_of(const std::string& name) { return TestId{"odd", "run", name}.to_string(); }

std::vector<std::string> selected(const std::string& filter) {
  const Selection selection({filter}, {});
  std::vector<std::string> found;
  for (const std::string& name : odd_names()) {
    const Case test{"run", name, {}, {}, {}};
    if (selection.selects(SampleRun().run().streams[0].stream, id_of(name), test)) found.push_back(name);
  }
  return found;
}

TEST(ReproCommand, PastedToAShellSelectsExactlyItsTest) {
  SampleRun run;
  for (const std::string& name : odd_names()) {
    const auto words = words_of_shell(safe_text(repro_command(run.run(), run.run().streams[0].stream, id_of(name))));
    ASSERT_GE(words.size(), 6u) << name;
    ASSERT_EQ(words[words.size() - 2], "--filter") << name;
    EXPECT_THAT(selected(words.back()), ElementsAre(name)) << words.back();
  }
}

TEST(ReproCommand, KeepsAPlainIdPlain) {
  SampleRun run;
  EXPECT_THAT(repro_command(run.run(), run.run().streams[0].stream, "probes::C1::cxx-static"),
              testing::EndsWith(" --filter probes::C1::cxx-static"));
}

TEST(ReproCommand, OfASuiteWithASpaceSelectsAllOfIt) {
  SampleRun run;
  Stream stream = run.run().streams[0].stream;
  stream.suite = "my suite";
  const auto words = words_of_shell(suite_repro_command(run.run(), stream));
  const Selection selection({words.back()}, {});
  EXPECT_TRUE(selection.selects(stream, "my suite::g::a", Case{"g", "a", {}, {}, {}}));
  EXPECT_FALSE(selection.selects(stream, "my  suite::g::a", Case{"g", "a", {}, {}, {}}));
}

TEST(LogCommand, PastedToAShellShowsExactlyItsTest) {
  for (const std::string& name : odd_names()) {
    const auto words = words_of_shell(safe_text(log_command("01JD5QZ0000000000000000000", id_of(name))));
    ASSERT_EQ(words.size(), 3u) << name;
    const std::string glob = words[2].substr(words[2].find("::") + 2);
    std::vector<std::string> shown;
    for (const std::string& other : odd_names()) {
      if (glob_match(glob, id_of(other))) shown.push_back(other);
    }
    EXPECT_THAT(shown, ElementsAre(name)) << glob;
  }
}

}  // namespace
}  // namespace xtest
