// SPDX-License-Identifier: Apache-2.0
// Records and reports that cannot be written, places that are odd or closed: the verdict stays what it was, what could
// not be done is said, and what was recorded can be reported later.
#include <gmock/gmock.h>
#include <unistd.h>

#include <fstream>
#include <optional>
#include <set>

#include "tests/support/playground.h"

namespace xtest {
namespace {

using testing::HasSubstr;
namespace fs = std::filesystem;

constexpr int kUsage = 2, kFailures = 100, kInfra = 102, kOutput = 110, kExecFailed = 125;
constexpr const char* kNobody = "65534";

const std::string kGood = "int main(void) { return 0; }\n";

// A script in a user and mount namespace of its own, or nothing where the kernel allows none.
std::optional<Ran> privately(const Playground& here, const std::string& script, const Playground::Words& words) {
  Call call = here.call({});
  call.argv = {"unshare", "-Urm", "true"};
  if (run_program(call).code != 0) return std::nullopt;
  call.argv = {"unshare", "-Urm", "sh", "-c", script, "sh", XTEST_BINARY};
  call.argv.insert(call.argv.end(), words.begin(), words.end());
  return run_program(call);
}

Call as_nobody(Call call) {
  Playground::Words words{"setpriv", "--reuid", kNobody, "--regid", kNobody, "--clear-groups", "--no-new-privs"};
  if (::geteuid() != 0) return call;
  call.argv.insert(call.argv.begin(), words.begin(), words.end());
  return call;
}

void open_to_all(const fs::path& folder) {
  for (const fs::path& path : {folder.parent_path(), folder}) fs::permissions(path, fs::perms(0755));
}

void give_to_nobody(const fs::path& folder) {
  if (::geteuid() != 0) return;
  ASSERT_EQ(::chown(folder.c_str(), 65534, 65534), 0);
}

TEST(RecordTrouble, JunitBelowARegularFileIs110AndTheRunIsKept) {
  const Playground here;
  here.suite("mine", {{"a.c", kGood}});
  here.write("file", "");
  const Ran ran = here.run("mine", {"--junit", "file/below"});
  EXPECT_EQ(ran.code, kOutput) << describe(ran);
  EXPECT_THAT(ran.err, HasSubstr("file/below"));
  EXPECT_EQ(here.verdicts().at("run::a.c").status, "pass");
  const Ran later = here.xtest({"report", "latest", "--format", "junit", "--output", "later"});
  EXPECT_EQ(later.code, 0) << describe(later);
  EXPECT_FALSE(fs::is_empty(here.folder() / "later"));
}

TEST(RecordTrouble, AFullDiskIsSaidAndChangesNoVerdict) {
  const Playground here;
  std::map<std::string, std::string> files;
  for (int n = 0; n < 12; ++n) {
    files["loud" + std::to_string(n) + ".c"] =
        "#include <stdio.h>\nint main(void) { for (int i = 0; i < 3000; ++i) printf(\"" + std::to_string(n) +
        " line %d\\n\", i); return 1; }\n";
  }
  files["good.c"] = kGood;
  here.suite("mine", files);
  fs::create_directory(here.folder() / "small");
  const std::string script = "mount -t tmpfs -o size=160k none small || exit 77\n\"$@\"\ncode=$?\n"
                             "\"$1\" show latest --runs small >shown 2>&1; echo $? >>shown\nexit $code\n";
  const auto ran = privately(here, script, here.run_words("mine", {"--runs", "small"}));
  if (!ran) GTEST_SKIP() << "this kernel gives no private namespaces";
  EXPECT_EQ(ran->code, kFailures) << describe(*ran);
  EXPECT_THAT(ran->err, testing::AllOf(HasSubstr("No space left on device"), HasSubstr("12 fail"), HasSubstr("1 pass")))
      << describe(*ran);
  EXPECT_THAT(read_text(here.folder() / "shown"), testing::EndsWith("\n0\n")) << "the record is readable\n"
                                                                              << read_text(here.folder() / "shown");
}

class DamagedRecord : public testing::Test {
 protected:
  void SetUp() override {
    here_.suite("mine", {{"a.c", kGood}});
    ASSERT_EQ(here_.run("mine").code, 0);
    text_ = read_text(events());
  }
  fs::path events() const { return here_.records().back() / "events.jsonl"; }
  void write(const std::string& text) const { std::ofstream(events(), std::ios::binary) << text; }
  // Of each command that reads a record.
  void expect_all(int code, const testing::Matcher<const std::string&>& err) const {
    for (const Playground::Words& words : {Playground::Words{"show"}, {"list", "latest"}, {"report", "latest"}}) {
      const Ran ran = here_.xtest(words);
      EXPECT_EQ(ran.code, code) << words[0] << describe(ran);
      EXPECT_THAT(ran.err, err) << words[0];
    }
  }

  Playground here_;
  std::string text_;
};

TEST_F(DamagedRecord, OfPureGarbageIs2WithFileAndLine) {
  const auto told = testing::AllOf(testing::StartsWith("error: "), HasSubstr("events.jsonl: line 1: it is no JSON"));
  for (const std::string& garbage :
       {std::string("garbage\nand more\n"), std::string("garbage"), std::string(5000, '\0')}) {
    write(garbage);
    expect_all(kUsage, told);
  }
  std::ofstream(events().parent_path() / "run.json", std::ios::binary) << "garbage";
  const Ran listed = here_.xtest({"list"});
  EXPECT_EQ(listed.code, kUsage) << describe(listed);
  EXPECT_THAT(listed.err, HasSubstr("run.json cannot be read"));
}

TEST_F(DamagedRecord, WithOneBadLineShowsTheRestAndIs2) {
  write(text_.substr(0, text_.find('\n') + 1) + "garbage\n" + text_.substr(text_.find('\n') + 1));
  expect_all(kUsage, HasSubstr("events.jsonl: line 2: it is no JSON"));
  EXPECT_THAT(here_.xtest({"list", "latest"}).out, HasSubstr("mine::run::a.c"));
}

TEST_F(DamagedRecord, IsNoGroundForAnotherVerdict) {
  const auto listed = text_.find("\"unit_listed\"");
  write(text_.substr(0, listed) + "?" + text_.substr(listed + 1));
  for (const Playground::Words& words : {Playground::Words{"rerun"}, {"rejudge", "--expect", "none.yaml"}, {"resume"}}) {
    here_.write("none.yaml", "expectations: []\n");
    const Ran ran = here_.xtest(words);
    EXPECT_EQ(ran.code, kUsage) << words[0] << describe(ran);
    EXPECT_THAT(ran.err, HasSubstr("damaged")) << words[0];
  }
}

TEST_F(DamagedRecord, OfAnUnknownTestIsNotResumed) {
  std::string beyond = text_;
  for (auto at = beyond.find("\"case\":0"); at != std::string::npos; at = beyond.find("\"case\":0", at)) beyond[at + 7] = '9';
  ASSERT_NE(beyond, text_);
  write(beyond);
  const Ran ran = here_.xtest({"resume"});
  EXPECT_EQ(ran.code, kUsage) << describe(ran);
}

TEST_F(DamagedRecord, WithATornLastLineIsAsGoodAsAny) {
  write(text_ + "{\"seq\":99,\"ev");
  expect_all(0, HasSubstr("events.jsonl was torn and is left out"));
}

TEST(Places, TooFewDescriptorsAreTroubleWithARemedyAndAWholeRecord) {
  const Playground here("plain");
  here.suite("mine", {{"a.c", kGood}, {"b.c", kGood}});
  std::set<int> codes;
  for (const char* limit : {"8", "14", "18", "64"}) {
    Call call = here.call(here.run_words("mine", {"--no-cache"}));
    call.argv.insert(call.argv.begin(), {"sh", "-c", std::string("ulimit -n ") + limit + "; exec \"$@\"", "sh"});
    const auto before = here.records().size();
    const Ran ran = run_program(call);
    ASSERT_TRUE(ran.code) << describe(ran);
    codes.insert(*ran.code);
    EXPECT_TRUE(ran.code == 0 || here.records().size() > before || ran.err.find("ulimit -n") != std::string::npos)
        << describe(ran);
    if (here.records().size() == before) continue;
    EXPECT_EQ(here.events(here.records().back()).back().value("event", ""), "run_ended") << describe(ran);
    EXPECT_FALSE(fs::is_empty(here.records().back() / "junit")) << limit;
  }
  EXPECT_EQ(codes, (std::set<int>{0, kInfra}));
}

TEST(Places, APathMayHaveSpacesQuotesNewlinesAndLetters) {
  const Playground here("it's a \"d\u00efr\u010d\" $HOME `x` \\ * \n #end");
  here.suite("mine", {{"a.c", kGood}, {"b c'd.c", kGood}});
  const Ran ran = here.run("mine", {"--junit", "j u\nnit"});
  EXPECT_EQ(ran.code, 0) << describe(ran);
  EXPECT_EQ(here.verdicts().size(), 2u);
  EXPECT_FALSE(fs::is_empty(here.folder() / "j u\nnit"));
  const Ran again = here.run("mine");
  EXPECT_EQ(again.code, 0) << "from the cache\n" << describe(again);
  EXPECT_EQ(here.xtest({"show"}).code, 0);
}

// The checkout may lie where another user cannot look.
void install_for_everybody(const Playground& prefix) {
  Call install = prefix.call({});
  install.argv = {"cmake", "--install", fs::path(XTEST_BINARY).parent_path().string(), "--prefix",
                  prefix.folder().string()};
  const Ran installed = run_program(install);
  ASSERT_EQ(installed.code, 0) << describe(installed);
  open_to_all(prefix.folder());
}

Call with_installed(Call call, const Playground& prefix) {
  for (std::string& word : call.argv) {
    if (word == XTEST_BINARY) word = (prefix.folder() / "bin" / "xtest").string();
  }
  return call;
}

TEST(Places, AReadOnlyFolderIsRefusedWithARemedyUnlessRunsGoElsewhere) {
  const Playground here;
  here.suite("mine", {{"a.c", kGood}});
  open_to_all(here.folder());
  const Playground elsewhere;
  open_to_all(elsewhere.folder());
  give_to_nobody(elsewhere.folder());
  if (::geteuid() != 0) fs::permissions(here.folder(), fs::perms(0555));
  const Playground prefix("prefix");
  ASSERT_NO_FATAL_FAILURE(install_for_everybody(prefix));
  Call call = with_installed(as_nobody(here.call(here.run_words("mine"))), prefix);
  call.env["XTEST_CACHE_DIR"] = (elsewhere.folder() / "cache").string();
  const Ran refused = run_program(call);
  EXPECT_TRUE(refused.code == kOutput || refused.code == kUsage) << describe(refused);
  EXPECT_THAT(refused.err, HasSubstr("--runs")) << describe(refused);
  Call other = with_installed(
      as_nobody(here.call(here.run_words("mine", {"--runs", (elsewhere.folder() / ".xtest" / "runs").string()}))),
      prefix);
  other.env["XTEST_CACHE_DIR"] = call.env["XTEST_CACHE_DIR"];
  const Ran ran = run_program(other);
  EXPECT_EQ(ran.code, 0) << describe(ran);
}

TEST(Places, AReadOnlyCheckoutIsEnough) {
  const Playground here;
  here.suite("mine", {{"a.c", kGood}});
  const std::string script = "mount --bind '" XTEST_SOURCE_DIR "' '" XTEST_SOURCE_DIR
                             "' && mount -o remount,ro,bind '" XTEST_SOURCE_DIR "' || exit 77\nexec \"$@\"\n";
  const auto ran = privately(here, script, here.run_words("mine"));
  if (!ran) GTEST_SKIP() << "this kernel gives no private namespaces";
  EXPECT_EQ(ran->code, 0) << describe(*ran);
}

TEST(Places, AMissingTmpdirIsNoTroubleOrIsNamed) {
  const Playground here;
  here.suite("mine", {{"a.c", kGood}});
  Call run = here.call(here.run_words("mine"));
  run.env["TMPDIR"] = "/no/such/folder";
  const Ran ran = run_program(run);
  EXPECT_EQ(ran.code, 0) << describe(ran);
  Call exec = here.call({"exec", "--target", native_target(), "--", "/bin/true"});
  exec.env["TMPDIR"] = "/no/such/folder";
  const Ran refused = run_program(exec);
  EXPECT_EQ(refused.code, kExecFailed) << describe(refused);
  EXPECT_THAT(refused.err, HasSubstr("/no/such/folder"));
}

TEST(Places, AnInstalledXtestServesAUserWhoOwnsNeitherItNorTheCheckout) {
  const Playground here("prefix");
  ASSERT_NO_FATAL_FAILURE(install_for_everybody(here));
  const Playground work("work");
  open_to_all(work.folder());
  give_to_nobody(work.folder());
  work.suite("mine", {{"a.c", kGood}});
  Call call = with_installed(as_nobody(work.call(work.run_words("mine", {"--suite", "hello"}))), here);
  call.env["XTEST_CACHE_DIR"] = (work.folder() / "cache").string();
  call.env["HOME"] = work.folder().string();
  const Ran ran = run_program(call);
  EXPECT_EQ(ran.code, 0) << describe(ran);
  EXPECT_THAT(read_text(work.records().back() / "events.jsonl"), HasSubstr("calibration"))
      << "all data files are installed";
}

}  // namespace
}  // namespace xtest
