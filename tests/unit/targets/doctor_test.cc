// SPDX-License-Identifier: Apache-2.0
// Uses the compiler that built the tests: the target is this machine, described on the spot.
#include "targets/doctor.h"

#include "tests/support/run_task.h"
#include "tests/unit/targets/target_files.h"

namespace xtest {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class Doctor : public testing::Test {
 protected:
  Doctor() {
    const auto host = host_facts();
    target_ = library_.find(host.machine + "-unknown-linux-gnu");
    std::filesystem::create_directories(folder_.path() / "work");
  }
  std::vector<CheckedTool> check(std::vector<Language> languages, ExecuteCheck execute = {}) {
    return run_task(io_,
                    check_target({target_, std::move(languages), folder_.path() / "cache", folder_.path() / "work",
                                  std::move(execute)}));
  }

  TargetFolder folder_;
  TargetLibrary library_{{built_in_targets()}};
  Target target_;
  asio::io_context io_;
};

TEST_F(Doctor, ChecksACompilerByUsingItAndHandsTheProgramOn) {
  std::filesystem::path executed;
  const ExecuteCheck execute = [&](Language, std::filesystem::path program) -> Task<CheckedTool> {
    executed = program;
    CheckedTool row;
    row.what = "executor host";
    row.good = std::filesystem::is_regular_file(program);
    co_return row;
  };
  const auto rows = check({Language::c}, execute);
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_TRUE(rows[0].good) << rows[0].detail;
  EXPECT_THAT(rows[0].detail, AllOf(HasSubstr("compiles and links (dynamic, static"), HasSubstr("/")));
  EXPECT_TRUE(rows[1].good);
  EXPECT_THAT(executed.filename().string(), HasSubstr("doctor-c-dynamic"));
}

TEST_F(Doctor, AMissingCompilerComesWithItsPackagesAndTheCommand) {
  target_.compilers[Language::cxx].try_names = {"no-such-compiler"};
  target_.packages = {{"debian", {{"*", {{"cxx", {"g++-none"}}}}}}};
  const auto rows = check({Language::cxx});
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_FALSE(rows[0].good);
  EXPECT_THAT(rows[0].detail, HasSubstr("looked for no-such-compiler"));
  if (host_facts().distribution != "debian") GTEST_SKIP() << "this host does not install Debian packages";
  EXPECT_THAT(rows[0].remedy, HasSubstr("apt-get install -y g++-none"));
}

TEST_F(Doctor, ACompilerThatCannotLinkIsNamedWithTheWayOfLinking) {
  target_.compilers[Language::c].link_flags["static"] = {"-lno-such-library"};
  const auto rows = check({Language::c});
  EXPECT_FALSE(rows.at(0).good);
  EXPECT_THAT(rows.at(0).detail, AllOf(HasSubstr("cannot make a static program"), HasSubstr("no-such-library")));
}

TEST_F(Doctor, AnAbsentLanguageIsNobodysFault) {
  target_.compilers[Language::rust].absent = "no port";
  const auto rows = check({Language::rust});
  EXPECT_TRUE(rows.at(0).absent);
  EXPECT_EQ(rows.at(0).detail, "no port");
  EXPECT_EQ(rows.at(0).remedy, "");
}

}  // namespace
}  // namespace xtest
