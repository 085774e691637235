// SPDX-License-Identifier: Apache-2.0
// Reads the sources and checks what ARCHITECTURE.md promises: the arrows between rooms, who may use which library and
// which system call, and how a file looks. A failure names file:line and the rule.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <regex>
#include <span>
#include <sstream>
#include <string>
#include <vector>

namespace xtest {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::IsEmpty;

using Paths = std::vector<std::string>;   // paths or their beginnings, from the root of the repository

// What a room may include besides itself; the longest matching room counts.
struct Room {
  std::string files;
  Paths may_include;
};
const std::vector<Room> kRooms = {
    {"runner/base/", {"runner/model/completion.h"}},   // how a process ended is a value of both
    {"runner/model/", {"runner/base/"}},
    {"runner/record/", {"runner/base/", "runner/model/"}},
    {"runner/dialects/", {"runner/base/", "runner/model/"}},
    {"runner/store/", {"runner/base/", "runner/model/"}},
    {"suites/inspect/", {"runner/base/"}},
    {"targets/", {"runner/base/", "runner/model/", "runner/store/", "suites/inspect/"}},
    {"suites/", {"runner/base/", "runner/model/", "runner/dialects/", "targets/", "suites/inspect/"}},
    {"emulators/", {"runner/base/", "runner/model/", "runner/store/", "targets/"}},
    {"reports/", {"runner/base/", "runner/model/", "runner/record/"}},
    {"runner/engine/",
     {"runner/base/", "runner/model/", "runner/record/", "runner/store/", "runner/dialects/exit_status.h", "suites/", "targets/",
      "emulators/executor.h", "emulators/session.h", "reports/sink.h"}},
    {"runner/broker/", {"runner/base/", "runner/model/", "runner/store/", "emulators/executor.h", "emulators/session.h"}},
    {"runner/front.cc", {"runner/broker/caller.h"}},
    {"runner/cli/", {"runner/", "targets/", "suites/", "emulators/", "reports/"}},
    {"runner/main.cc", {"runner/", "targets/", "suites/", "emulators/", "reports/"}},
};

// Words that only some files may hold. `what` is for people, `pattern` is searched in each line that holds one of `words`, since
// regular expressions are slow.
struct Restriction {
  std::string what;
  std::regex pattern;
  Paths only_in;
  Paths words = {"include"};
};
const std::string kStatement = R"((^\s*|[=(!{;&|?,]\s*|\breturn\s+|\belse\s+|\)\s*)(::|std::)?)";
const std::vector<Restriction> kRestrictions = {
    {"yaml-cpp", std::regex(R"(#\s*include\s*<yaml-cpp)"), {"runner/base/yaml"}},
    {"Boost", std::regex(R"(#\s*include\s*<boost/)"), {"runner/base/asio.h"}},
    {"libxml2", std::regex(R"(#\s*include\s*<libxml)"), {"reports/"}},
    {"libelf", std::regex(R"(#\s*include\s*<(libelf|gelf|elfutils/elf))"), {"suites/inspect/"}},
    {"libdw", std::regex(R"(#\s*include\s*<(dwarf|elfutils/lib))"), {"emulators/diagnosis/unwind.cc"}},
    {"CLI11", std::regex(R"(#\s*include\s*<CLI/)"), {"runner/cli/"}},
    {"SQLite", std::regex(R"(#\s*include\s*<sqlite)"), {}},
    {"libssh", std::regex(R"(#\s*include\s*<libssh)"), {"emulators/ssh/"}},
    {"libarchive", std::regex(R"(#\s*include\s*<archive)"), {"runner/store/archive.cc"}},
    {"libcurl", std::regex(R"(#\s*include\s*<curl/)"), {"runner/store/fetch.cc"}},
    {"starting processes", std::regex(kStatement + R"((v?fork|execv\w*|execl\w*|posix_spawn\w*|system|popen)\s*\()"),
     {"runner/base/process.cc", "emulators/agent/", "runner/front.cc"}, {"fork", "exec", "spawn", "system", "popen"}},
    {"killing processes", std::regex(kStatement + R"((kill|killpg|pidfd_send_signal)\s*\(\s*[^)\s])"),
     {"runner/base/process.cc", "emulators/agent/"}, {"kill", "send_signal"}},
};

const Paths kRoomFolders = {"runner", "targets", "suites", "emulators", "reports"};
const Paths kTestPrograms = {"suites/hello/", "suites/probes/"};   // what runs on the target belongs to no room
const Paths kEverything = {"runner", "targets", "suites",  "emulators", "reports", "tests/unit", "tests/support", "tests/contract",
                           "tests/integration", "tests/faults", "tests/fuzz", "tests/helpers", "bench", "cmake"};
constexpr std::size_t kMostLines = 500;

const fs::path kRoot = XTEST_SOURCE_DIR;

bool holds_any(const std::string& line, const Paths& words) {
  return std::ranges::any_of(words, [&](const std::string& word) { return line.find(word) != std::string::npos; });
}

bool begins_with_any(const std::string& text, const Paths& beginnings) {
  return std::ranges::any_of(beginnings, [&](const std::string& beginning) { return text.starts_with(beginning); });
}

Paths files_below(const Paths& folders, const Paths& suffixes) {
  Paths files;
  for (const std::string& folder : folders) {
    if (!fs::exists(kRoot / folder)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(kRoot / folder)) {
      const std::string suffix = entry.path().extension().string();
      if (entry.is_regular_file() && std::ranges::find(suffixes, suffix) != suffixes.end())
        files.push_back(fs::relative(entry.path(), kRoot).string());
    }
  }
  std::ranges::sort(files);
  return files;
}

std::vector<std::string> lines_of(std::istream&& in) {
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::vector<std::string> lines_of(const std::string& file) { return lines_of(std::ifstream(kRoot / file)); }

std::string listed(const Paths& paths) {
  if (paths.empty()) return "nowhere yet";
  std::string text;
  for (const std::string& path : paths) text += (text.empty() ? "" : " ") + path;
  return text;
}

const Room* room_of(const std::string& file) {
  const Room* best = nullptr;
  for (const Room& room : kRooms) {
    if (file.starts_with(room.files) && (!best || room.files.size() > best->files.size())) best = &room;
  }
  return best;
}

std::string at(const std::string& file, std::size_t line) { return file + ":" + std::to_string(line + 1) + ": "; }

void check_include(const std::string& file, std::size_t line, const std::string& included, Paths& wrong) {
  const Room* room = room_of(file);
  if (!room) {
    wrong.push_back(at(file, line) + "this file is in no room");
    return;
  }
  const Room* other = room_of(included);
  if (other == room || begins_with_any(included, room->may_include)) return;
  wrong.push_back(at(file, line) + "includes " + included + "; rule: " + room->files + " may only include itself and " +
                  listed(room->may_include));
}

Paths broken_arrows(const std::string& file, const std::vector<std::string>& lines) {
  static const std::regex include(R"re(^\s*#\s*include\s*"([^"]+)")re");
  Paths wrong;
  for (std::size_t line = 0; line < lines.size(); ++line) {
    std::smatch found;
    if (holds_any(lines[line], {"include"}) && std::regex_search(lines[line], found, include)) check_include(file, line, found[1], wrong);
  }
  return wrong;
}

Paths broken_restrictions(const std::string& file, const std::vector<std::string>& lines) {
  Paths wrong;
  for (const Restriction& rule : kRestrictions) {
    if (begins_with_any(file, rule.only_in)) continue;
    for (std::size_t line = 0; line < lines.size(); ++line) {
      if (holds_any(lines[line], rule.words) && std::regex_search(lines[line], rule.pattern))
        wrong.push_back(at(file, line) + lines[line] + "; rule: " + rule.what + " only in " + listed(rule.only_in));
    }
  }
  return wrong;
}

Paths broken_looks(const std::string& file, const std::vector<std::string>& lines) {
  static const std::regex mark(std::string(R"(\b(TO)") + R"(DO|FIX)" + R"(ME|XX)" + R"(X)\b)");
  static const std::regex foreign(std::string(R"((^|[^\w.]))") + "/(home|root|work)" + "/");
  static const std::regex foreign_in_tests(std::string(R"((^|[^\w.]))") + "/(root|work)" + "/");   // they make up homes
  const std::regex& path = file.starts_with("tests/") ? foreign_in_tests : foreign;
  Paths wrong;
  if (lines.size() > kMostLines)
    wrong.push_back(file + ": " + std::to_string(lines.size()) + " lines; rule: at most " + std::to_string(kMostLines));
  const auto top = std::span(lines).first(std::min<std::size_t>(lines.size(), 3));
  if (std::ranges::none_of(top, [](const std::string& line) { return line.find("SPDX-License-Identifier: Apache-2.0") != line.npos; }))
    wrong.push_back(file + ":1: rule: the first lines name the licence (SPDX-License-Identifier: Apache-2.0)");
  for (std::size_t line = 0; line < lines.size(); ++line) {
    if (holds_any(lines[line], {"TO", "FIX", "XX"}) && std::regex_search(lines[line], mark)) wrong.push_back(at(file, line) + "rule: no marks for later");
    if (holds_any(lines[line], {"home", "root", "work"}) && std::regex_search(lines[line], path)) wrong.push_back(at(file, line) + "rule: no path of one machine: " + lines[line]);
  }
  return wrong;
}

template <class Check>
Paths in_all(const Paths& files, Check check) {
  Paths wrong;
  for (const std::string& file : files) {
    const Paths more = check(file, lines_of(file));
    wrong.insert(wrong.end(), more.begin(), more.end());
  }
  return wrong;
}

Paths room_sources() {
  Paths files = files_below(kRoomFolders, {".h", ".cc", ".c"});
  std::erase_if(files, [](const std::string& file) { return begins_with_any(file, kTestPrograms); });
  return files;
}

std::string one_a_line(const Paths& wrong) {
  std::string text;
  for (const std::string& line : wrong) text += "\n  " + line;
  return text;
}

std::vector<std::string> text(const std::string& content) { return lines_of(std::istringstream(content)); }

TEST(Architecture, IncludesFollowTheArrows) {
  const Paths files = room_sources();
  ASSERT_GT(files.size(), 100u) << "where are the sources? " << kRoot;
  const Paths wrong = in_all(files, broken_arrows);
  EXPECT_TRUE(wrong.empty()) << one_a_line(wrong);
}

TEST(Architecture, LibrariesAndSystemCallsStayInTheirPlaces) {
  const Paths wrong = in_all(room_sources(), broken_restrictions);
  EXPECT_TRUE(wrong.empty()) << one_a_line(wrong);
}

TEST(Architecture, FilesLookAsAgreed) {
  Paths files = files_below(kEverything, {".h", ".cc", ".c", ".go", ".rs", ".yaml", ".cmake", ".sh", ".py"});
  files.insert(files.end(), {"CMakeLists.txt", "xtest", "run-tests"});
  const Paths wrong = in_all(files, broken_looks);
  EXPECT_TRUE(wrong.empty()) << one_a_line(wrong);
}

TEST(Architecture, TheCheckSeesAnArrowThatPointsTheWrongWay) {
  const auto including = [](const std::string& file, const std::string& header) {
    return broken_arrows(file, text("// x\n#include \"" + header + "\"\n"));
  };
  EXPECT_THAT(including("reports/x.cc", "runner/engine/engine.h").at(0), HasSubstr("reports/x.cc:2: includes runner/engine/engine.h"));
  for (const char* header : {"runner/cli/options.h", "suites/suite.h", "targets/target.h"})
    EXPECT_EQ(including("reports/x.cc", header).size(), 1u) << header;
  EXPECT_EQ(including("emulators/x.cc", "suites/suite.h").size(), 1u);
  EXPECT_EQ(including("emulators/x.cc", "suites/inspect/elf.h").size(), 1u);
  EXPECT_EQ(including("suites/inspect/x.cc", "suites/suite.h").size(), 1u);
  EXPECT_EQ(including("suites/x.cc", "runner/engine/plan.h").size(), 1u);
  EXPECT_EQ(including("runner/model/x.cc", "runner/record/record.h").size(), 1u);
  EXPECT_EQ(including("runner/engine/x.cc", "reports/console.h").size(), 1u);
  EXPECT_EQ(including("runner/engine/x.cc", "emulators/host/host.h").size(), 1u);
  EXPECT_THAT(including("runner/engine/x.cc", "emulators/session.h"), IsEmpty());
  EXPECT_THAT(including("suites/x.cc", "suites/inspect/elf.h"), IsEmpty());
  EXPECT_THAT(including("runner/cli/x.cc", "reports/console.h"), IsEmpty());
}

TEST(Architecture, TheCheckSeesALibraryOrACallInTheWrongPlace) {
  const auto count = [](const std::string& file, const std::string& line) { return broken_restrictions(file, text(line)).size(); };
  EXPECT_EQ(count("targets/load.cc", "#include <yaml-cpp/yaml.h>"), 1u);
  EXPECT_EQ(count("runner/base/yaml.cc", "#include <yaml-cpp/yaml.h>"), 0u);
  EXPECT_EQ(count("runner/engine/engine.cc", "#include <boost/asio.hpp>"), 1u);
  EXPECT_EQ(count("emulators/vm/media.cc", "#include <curl/curl.h>"), 1u);
  EXPECT_EQ(count("emulators/host/host.cc", "  const pid_t pid = fork();"), 1u);
  EXPECT_EQ(count("emulators/host/host.cc", "  ::kill(pid, SIGTERM);"), 1u);
  EXPECT_EQ(count("emulators/host/host.cc", "  if (::kill(-pid, 9) != 0) return;"), 1u);
  EXPECT_EQ(count("emulators/agent/spawn.c", "  pid_t pid = fork();"), 0u);
  EXPECT_EQ(count("runner/engine/engine.cc", "void Engine::kill() { scheduler_.kill(); }"), 0u);
  EXPECT_EQ(count("reports/spool.cc", "void Spool::kill(std::uint64_t offset) {"), 0u);
  EXPECT_EQ(count("reports/spool.h", "  void kill(std::uint64_t offset);"), 0u);
  EXPECT_EQ(count("reports/junit.cc", "  spool->kill(place);"), 0u);
}

TEST(Architecture, TheCheckSeesAnUntidyFile) {
  const std::string licence = "// SPDX-License-Identifier: Apache-2.0\n";
  EXPECT_THAT(broken_looks("x.cc", text(licence + "int x;\n")), IsEmpty());
  EXPECT_EQ(broken_looks("x.cc", text("int x;\n")).size(), 1u);
  EXPECT_EQ(broken_looks("x.cc", text(licence + "// TO" "DO later\n")).size(), 1u);
  EXPECT_EQ(broken_looks("x.cc", text(licence + "auto x = \"/ro" "ot/x\";\n")).size(), 1u);
  EXPECT_THAT(broken_looks("x.cc", text(licence + "mkdtemp(\"x-XXXXXX\"); open(\"/proc/self/root/x\");\n")), IsEmpty());
  EXPECT_EQ(broken_looks("x.cc", text(licence + std::string(kMostLines, '\n'))).size(), 1u);
}

}  // namespace
}  // namespace xtest
