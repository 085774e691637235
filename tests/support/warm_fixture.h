// SPDX-License-Identifier: Apache-2.0
// A broker of a test's own: its folder lies in a playground, and nothing of it may be left when the test is over.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/playground.h"
#include "tests/support/watch.h"

namespace xtest {

struct Warm : testing::Test {
  const Playground here{"plain"};
  const std::filesystem::path runtime = here.folder() / "run";

  ~Warm() override {
    xtest({"down"});
    EXPECT_TRUE(eventually([&] { return pids_of(runtime.string(), "environ").empty(); }, std::chrono::seconds(20))) << "a process is left";
    EXPECT_FALSE(std::filesystem::exists(runtime / "socket"));
    for (const auto& entry : std::filesystem::directory_iterator(here.folder()))
      EXPECT_FALSE(entry.path().filename().string().starts_with("xtest-")) << entry.path() << " is left";
  }
  Call call(const Playground::Words& words, const std::string& input = "") const {
    Call call = here.call(words);
    call.env["XTEST_RUNTIME_DIR"] = runtime.string();
    call.env["TMPDIR"] = here.folder().string();   // what is left there is seen
    call.input = input;
    return call;
  }
  Ran xtest(const Playground::Words& words) const { return run_program(call(words)); }
  void up(const std::string& target, Playground::Words more = {}) const {
    more.insert(more.begin(), {"up", "--target", target});
    const Ran ran = xtest(more);
    ASSERT_EQ(ran.code, 0) << describe(ran);
  }
  Call exec(Playground::Words program, const std::string& input = "", const std::string& target = native_target(), Playground::Words more = {}) const {
    Playground::Words words{"exec", "--target", target};
    words.insert(words.end(), more.begin(), more.end());
    words.push_back("--");
    words.insert(words.end(), program.begin(), program.end());
    return call(words, input);
  }
  nlohmann::json ps() const { return nlohmann::json::parse(xtest({"ps", "--format", "json"}).out); }
  std::uint64_t calls() const {
    std::uint64_t all = 0;
    const auto told = ps();
    for (const auto& one : told.at("sessions")) all += one.at("calls").get<std::uint64_t>();
    return all;
  }
  pid_t broker() const { return ps().value("broker", pid_t{-1}); }
  // A program of its own, to be found among the processes.
  std::filesystem::path program(const std::string& name, const std::string& text) const {
    here.write(name + ".c", text);
    Call compile = here.call({});
    compile.argv = {"gcc", "-o", name, name + ".c"};
    EXPECT_EQ(run_program(compile).code, 0);
    return here.folder() / name;
  }
  std::filesystem::path sleeper() const { return program("sleeps-for-test", "#include <unistd.h>\nint main(void) { sleep(600); return 0; }\n"); }
  std::vector<pid_t> sleepers() const { return pids_of("sleeps-for-test", "comm"); }
};

}  // namespace xtest
