// SPDX-License-Identifier: Apache-2.0
#include "suites/lies.h"

#include "tests/support/temp_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace xtest {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kToday = "2026-11-21";

std::string entry(const std::string& id, const std::string& more = "versions: \">=7.0 <8\", test: \"s::*\"",
                  const std::string& rest = "what: w, evidence: e, expires: 2027-01-01") {
  return "- {id: " + id + ", executor: qemu-*, " + more + ", " + rest + "}\n";
}

KnownLies lies_of(const std::string& entries) {
  const TempFolder folder;
  KnownLies lies;
  lies.add_file(folder.write("lies.yaml", "lies:\n" + entries));
  return lies;
}

std::string error_of(const std::string& entries) {
  try {
    lies_of(entries);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

StreamInfo place(const std::string& executor, const std::string& identity) {
  return StreamInfo{{"t", "s", "gcc", "default", executor}, identity, "", ""};
}

std::vector<std::string> found(const KnownLies& lies, const StreamInfo& where, const std::string& test, const std::string& today = kToday) {
  std::vector<std::string> ids;
  for (const KnownLie* lie : lies.candidates(where, test, today)) ids.push_back(lie->id);
  return ids;
}

const StreamInfo kQemu = place("qemu-user", "qemu-user qemu-aarch64-static 7.2.22 (Debian 1:7.2+dfsg-7) binfmt");

TEST(KnownLies, ApplyByExecutorVersionAndTest) {
  const KnownLies lies = lies_of(entry("a"));
  EXPECT_THAT(found(lies, kQemu, "s::g::c"), ElementsAre("a"));
  EXPECT_THAT(found(lies, kQemu, "other::g::c"), IsEmpty());
  EXPECT_THAT(found(lies, place("vm:x", kQemu.executor_identity), "s::g::c"), IsEmpty());
  EXPECT_THAT(found(lies, place("qemu-user", "qemu-user qemu-arm 8.0"), "s::g::c"), IsEmpty());
  EXPECT_THAT(found(lies, place("qemu-user", "qemu-user"), "s::g::c"), IsEmpty()) << "of an unknown version nothing is known";
}

TEST(KnownLies, OfGuestsApplyToAllOrToThoseOfOneImage) {
  const auto about = [](const std::string& executor) {
    return lies_of("- {id: a, executor: \"" + executor + "\", versions: \">=7.2\", test: \"*\", what: w, evidence: e, expires: 2027-01-01}\n");
  };
  const StreamInfo guest = place("vm:linux-x86_64", "vm QEMU emulator version 7.2.22 (Debian 1:7.2) tcg linux-x86_64 0123456789abcdef");
  for (const char* executor : {"vm", "vm:linux-x86_64", "vm:linux-*"}) EXPECT_THAT(found(about(executor), guest, "s::g::c"), ElementsAre("a")) << executor;
  for (const char* executor : {"vm:linux-x86", "v", "host", "linux-x86_64"}) EXPECT_THAT(found(about(executor), guest, "s::g::c"), IsEmpty()) << executor;
}

TEST(KnownLies, CompareVersionsNumberByNumber) {
  const auto within = [](const std::string& bounds) {
    const KnownLies lies = lies_of(entry("a", "versions: \"" + bounds + "\", test: \"*\""));
    std::vector<std::string> versions{"7.1", "7.2.22", "7.10", "7.20.1"};
    std::erase_if(versions, [&](const std::string& version) { return found(lies, place("qemu-user", "qemu " + version), "s::g::c").empty(); });
    return versions;
  };
  EXPECT_THAT(within(">=7.2"), ElementsAre("7.2.22", "7.10", "7.20.1"));
  EXPECT_THAT(within("<7.2"), ElementsAre("7.1"));
  EXPECT_THAT(within("=7.2"), ElementsAre("7.2.22"));
  EXPECT_THAT(within("<=7.2.22"), ElementsAre("7.1", "7.2.22"));
  EXPECT_THAT(within(">7.2.22"), ElementsAre("7.10", "7.20.1"));
}

TEST(KnownLies, FindTheVersionInWhatExecutorsSayOfThemselves) {
  EXPECT_THAT(version_in(kQemu.executor_identity), ElementsAre(7, 2, 22));
  EXPECT_THAT(version_in("vm QEMU emulator version 7.2.22 (Debian 1:7.2) tcg dragonfly-6.4 0123456789abcdef"), ElementsAre(7, 2, 22));
  EXPECT_THAT(version_in("none"), IsEmpty());
}

TEST(KnownLies, ExpireTheDayAfter) {
  const KnownLies lies = lies_of(entry("a"));
  EXPECT_THAT(found(lies, kQemu, "s::g::c", "2027-01-01"), ElementsAre("a"));
  EXPECT_THAT(found(lies, kQemu, "s::g::c", "2027-01-02"), IsEmpty());
}

TEST(KnownLies, ChangeTheirDigestWithWhateverDecides) {
  EXPECT_NE(lies_of(entry("a")).digest(), lies_of(entry("b")).digest());
  EXPECT_NE(lies_of(entry("a")).digest(), lies_of(entry("a", "versions: \">=7.1 <8\", test: \"s::*\"")).digest());
  EXPECT_NE(lies_of(entry("a")).digest(), lies_of(entry("a", "versions: \">=7.0 <8\", signature: \"s::*\"")).digest());
}

TEST(KnownLies, SayWhereAnEntryIsWrong) {
  EXPECT_THAT(error_of(entry("a", "test: x")), HasSubstr("versions"));
  EXPECT_THAT(error_of(entry("a", "versions: 7.2, test: x")), HasSubstr("versions are written as bounds"));
  EXPECT_THAT(error_of(entry("a", "versions: \">=7.\", test: x")), HasSubstr("versions are written as bounds"));
  EXPECT_THAT(error_of(entry("a", "versions: \">=7\"")), HasSubstr("test, signature or both"));
  EXPECT_THAT(error_of(entry("a", "versions: \">=7\", test: x", "what: w, evidence: e, expires: soon")), HasSubstr("lies.yaml:2:"));
  EXPECT_THAT(error_of(entry("a", "versions: \">=7\", test: x", "what: w, expires: 2027-01-01")), HasSubstr("evidence"));
  EXPECT_THAT(error_of(entry("a") + entry("a")), HasSubstr("there is another entry 'a'"));
  EXPECT_THAT(error_of(entry("a", "version: 7, test: x")), HasSubstr("unknown key 'version'"));
}

TEST(KnownLies, ThatComeWithXtestCanBeRead) {
  KnownLies lies;
  lies.add_file(XTEST_SOURCE_DIR "/emulators/known-lies.yaml");
  EXPECT_FALSE(lies.entries().empty());
}

}  // namespace
}  // namespace xtest
