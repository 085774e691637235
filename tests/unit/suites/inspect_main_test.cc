// SPDX-License-Identifier: Apache-2.0
#include "suites/inspect/inspect.h"

#include <elf.h>

#include <sstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/unit/suites/inspect_compilers.h"
#include "tests/unit/suites/inspect_support.h"

namespace xtest {
namespace {

using namespace inspect_test;

struct Answer {
  int code;
  std::string out, err;
};

class Inspect : public testing::Test {
 protected:
  void SetUp() override {
    Bytes interp;
    interp.text(std::string_view("/lib/\x1b[31mld\xff\0", 14));
    shop_.write("file", elf_bytes(64, ByteOrder::little, ET_DYN, EM_X86_64, 0,
                                  {{PT_INTERP, PF_R, interp}, {PT_GNU_STACK, PF_R, Bytes()}})
                            .data());
    FileExpectation want;
    want.interp = "/lib/ld.so";
    want.unwind = UnwindNeed::none;
    want.relro = false;
    shop_.write("bad.json", expectation_to_json(want).dump());
    want.interp.reset();
    shop_.write("good.json", expectation_to_json(want).dump());
  }
  Answer ask(std::vector<std::string> args) const {
    for (std::string& arg : args)
      if (!arg.starts_with("--")) arg = (shop_.folder() / arg).string();
    std::ostringstream out, err;
    const int code = inspect_main(args, out, err);
    return {code, out.str(), err.str()};
  }
  Workshop shop_;
};

TEST_F(Inspect, PrintsOneJsonObjectWithFactsAndChecks) {
  const Answer answer = ask({"file", "--expect", "bad.json", "--json"});
  EXPECT_EQ(answer.code, 100) << answer.err;
  const auto object = nlohmann::json::parse(answer.out);
  EXPECT_EQ(object.at("facts").at("machine_name"), "x86_64");
  EXPECT_EQ(object.at("facts").at("interp"), "/lib/\x1b[31mld\\xff");
  const auto checks = checks_from_json(object.at("checks"));
  ASSERT_TRUE(checks.has_value());
  EXPECT_EQ(verdict(*checks), "A2:interp");
}

TEST_F(Inspect, LeavesTheChecksOutWithoutAnExpectation) {
  const Answer answer = ask({"file", "--json"});
  EXPECT_EQ(answer.code, 0);
  EXPECT_FALSE(nlohmann::json::parse(answer.out).contains("checks"));
}

TEST_F(Inspect, ExitsWithZeroWhenNothingIsBad) {
  const Answer answer = ask({"file", "--expect", "good.json"});
  EXPECT_EQ(answer.code, 0) << answer.out;
  EXPECT_NE(answer.out.find("A5   kind of file"), std::string::npos) << answer.out;
}

TEST_F(Inspect, ShowsPeopleATableWithoutTheFilesEscapeSequences) {
  const Answer answer = ask({"file", "--expect", "bad.json"});
  EXPECT_NE(answer.out.find("interpreter  /lib/ld\\xff"), std::string::npos) << answer.out;
  EXPECT_NE(answer.out.find("BAD interp: interpreter is /lib/ld\\xff, expected /lib/ld.so"), std::string::npos)
      << answer.out;
  EXPECT_EQ(answer.out.find('\x1b'), std::string::npos);
}

TEST_F(Inspect, TakesAFileThatIsNeitherElfNorPeAsAnAnswer) {
  const Answer answer = ask({"hello.c", "--expect", "bad.json", "--json"});
  EXPECT_EQ(answer.code, 100);
  const auto object = nlohmann::json::parse(answer.out);
  EXPECT_EQ(object.at("error"), "file is neither ELF nor PE (it starts with 23 69 6e 63)");
  EXPECT_EQ(verdict(*checks_from_json(object.at("checks"))), "A1:format");
}

TEST_F(Inspect, TakesAnEmptyFileAsAnAnswer) {
  shop_.write("empty", "");
  EXPECT_NE(ask({"empty"}).out.find("it starts with nothing"), std::string::npos);
}

TEST_F(Inspect, ComplainsAboutItsArguments) {
  EXPECT_EQ(ask({}).code, 2);
  EXPECT_NE(ask({}).err.find("error: no file named\nusage: xtest inspect FILE"), std::string::npos);
  EXPECT_NE(ask({"file", "--jsn"}).err.find("unknown option --jsn"), std::string::npos);
  EXPECT_NE(ask({"file", "--expect"}).err.find("--expect wants a file"), std::string::npos);
  EXPECT_EQ(ask({"file", "file"}).code, 2);
}

TEST_F(Inspect, ComplainsAboutFilesItCannotUse) {
  shop_.write("broken.json", "{");
  shop_.write("unknown.json", R"({"machin": "arm"})");
  EXPECT_EQ(ask({"absent"}).code, 2);
  EXPECT_NE(ask({"absent"}).err.find("absent: No such file or directory"), std::string::npos);
  EXPECT_NE(ask({"file", "--expect", "broken.json"}).err.find("broken.json: not JSON"), std::string::npos);
  EXPECT_NE(ask({"file", "--expect", "unknown.json"}).err.find("unknown key \"machin\""), std::string::npos);
}

}  // namespace
}  // namespace xtest
