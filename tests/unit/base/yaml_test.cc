// SPDX-License-Identifier: Apache-2.0
#include "runner/base/yaml.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <functional>

#include "runner/base/text.h"

namespace xtest {
namespace {

using std::chrono_literals::operator""ms;
using std::string_literals::operator""s;
using Strings = std::vector<std::string>;

YamlNode parse(std::string text) { return parse_yaml(std::move(text), "f.yaml"); }

/// What the error says, or "no error"; the remedy follows in brackets.
std::string error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::usage);
    EXPECT_TRUE(error.where().has_value());
    return error.what() + (error.remedy().empty() ? ""s : " [" + error.remedy() + "]");
  }
  return "no error";
}

std::string parse_error(const std::string& text) {
  return error_of([&] { parse(text); });
}

#define EXPECT_STARTS(text, start) EXPECT_TRUE((text).starts_with(start)) << (text)

TEST(Yaml, ReadsMapsListsAndScalarsInOrder) {
  const YamlNode root = parse("# first\nz: 1\na: [x, 'y']\nm:\n  k: |\n    text\n");
  Strings keys;
  for (const auto& [key, node] : root.entries()) keys.push_back(key);
  EXPECT_EQ(keys, (Strings{"z", "a", "m"}));
  EXPECT_TRUE(root.is_map());
  EXPECT_TRUE(root.at("a").is_list());
  EXPECT_EQ(root.at("a").items().at(1).as_string(), "y");
  EXPECT_EQ(root.at("m").at("k").as_string(), "text\n");
  EXPECT_TRUE(root.at("m").at("k").is_scalar());
  EXPECT_FALSE(root.find("b").has_value());
  EXPECT_TRUE(parse("{}").entries().empty());
  EXPECT_TRUE(parse("a: []").at("a").as_strings().empty());
}

TEST(Yaml, CountsLinesAndColumnsFromOne) {
  const YamlNode root = parse("a: 1\nb:\n  - x\n  - y: z\n");
  EXPECT_EQ(root.where(), (Position{"f.yaml", 1, 1}));
  EXPECT_EQ(root.at("a").where(), (Position{"f.yaml", 1, 4}));
  EXPECT_EQ(root.at("b").items()[1].at("y").where(), (Position{"f.yaml", 4, 8}));
}

TEST(Yaml, ANodeKeepsItsDocumentAlive) {
  const auto value = [] { return parse("a: {b: c}").at("a").at("b"); }();
  EXPECT_EQ(value.as_string(), "c");
  EXPECT_EQ(to_string(value.where()), "f.yaml:1:8");
}

TEST(Yaml, ReadsIntegersInPlainDecimalOnly) {
  EXPECT_EQ(parse("a: 42").at("a").as_int(), 42);
  EXPECT_EQ(parse("a: -7").at("a").as_int(), -7);
  EXPECT_EQ(parse("a: 0").at("a").as_int(), 0);
  EXPECT_EQ(parse("a: 9223372036854775807").at("a").as_int(), INT64_MAX);
  for (const char* bad : {"010", "0x10", "0o7", "1_000", "+1", "1.0", "1e3", "-x", "--1", "9223372036854775808", "one",
                          "[1]", "{b: 1}"}) {
    const YamlNode node = parse("a: "s + bad).at("a");
    EXPECT_STARTS(error_of([&] { node.as_int(); }), "f.yaml:1:4: 'a' must be a ");
  }
}

TEST(Yaml, NamesTheBoundsOfAnInteger) {
  const YamlNode node = parse("port: 70000").at("port");
  EXPECT_EQ(error_of([&] { node.as_int(1, 65535); }),
            "f.yaml:1:7: 'port' must be a number between 1 and 65535, not '70000'");
  EXPECT_EQ(node.as_int(1, 70000), 70000);
}

TEST(Yaml, ReadsTrueAndFalseAndNoOtherBoolean) {
  EXPECT_TRUE(parse("a: true").at("a").as_bool());
  EXPECT_FALSE(parse("a: false").at("a").as_bool());
  for (const char* bad : {"NO", "yes", "True", "on", "1", "'true'"}) {
    const YamlNode node = parse("a: "s + bad).at("a");
    EXPECT_STARTS(error_of([&] { node.as_bool(); }), "f.yaml:1:4: 'a' must be true or false, not ");
  }
}

TEST(Yaml, KeepsTheCountryOfNorwayAndVersionNumbersAsText) {
  EXPECT_EQ(parse("a: NO").at("a").as_string(), "NO");
  EXPECT_EQ(parse("a: 1.10").at("a").as_string(), "1.10");
  EXPECT_EQ(parse("a: 010").at("a").as_string(), "010");
}

TEST(Yaml, AQuotedScalarIsATextAndNothingElse) {
  const YamlNode root = parse("n: \"1\"\nd: '5s'\nz: '~'\n");
  EXPECT_EQ(root.at("n").as_string(), "1");
  EXPECT_EQ(root.at("z").as_string(), "~");
  EXPECT_EQ(
      error_of([&] { root.at("n").as_int(); }),
      "f.yaml:1:4: 'n' must be a whole number, not the text '1' [remove the quotes, a quoted value is always a text]");
  EXPECT_STARTS(error_of([&] { root.at("d").as_duration(); }), "f.yaml:2:4: 'd' must be a duration");
}

TEST(Yaml, ReadsDurations) {
  EXPECT_EQ(parse("a: 200ms").at("a").as_duration(), 200ms);
  const YamlNode node = parse("a: 5").at("a");
  EXPECT_STARTS(error_of([&] { node.as_duration(); }),
                "f.yaml:1:4: 'a' must be a duration, not '5' [write a whole number and");
}

TEST(Yaml, OneScalarStandsForAListOfOne) {
  EXPECT_EQ(parse("a: x").at("a").as_strings(), (Strings{"x"}));
  EXPECT_EQ(parse("a: [x, 'y z']").at("a").as_strings(), (Strings{"x", "y z"}));
  const YamlNode nested = parse("a:\n- [x]\n").at("a");
  EXPECT_EQ(error_of([&] { nested.as_strings(); }), "f.yaml:2:3: a member of 'a' must be a text, not a list");
  const YamlNode map = parse("a: {}").at("a");
  EXPECT_EQ(error_of([&] { map.as_strings(); }), "f.yaml:1:4: 'a' must be a text or a list of texts, not a map");
}

TEST(Yaml, SaysWhatItWantedWhenTheShapeIsWrong) {
  const YamlNode root = parse("a: x");
  EXPECT_EQ(error_of([&] { root.at("a").entries(); }), "f.yaml:1:4: 'a' must be a map, not 'x'");
  EXPECT_EQ(error_of([&] { root.at("a").find("b"); }), "f.yaml:1:4: 'a' must be a map, not 'x'");
  EXPECT_EQ(error_of([&] { root.items(); }), "f.yaml:1:1: the document must be a list, not a map");
  EXPECT_EQ(error_of([&] { root.as_string(); }), "f.yaml:1:1: the document must be a text, not a map");
}

TEST(Yaml, NamesAMissingKeyAtThePlaceOfItsMap) {
  const YamlNode root = parse("a:\n  b: 1\n");
  EXPECT_EQ(error_of([&] { root.at("a").at("c"); }), "f.yaml:2:3: 'a' lacks the key 'c' [add 'c:' and its value]");
}

TEST(Yaml, NamesTheNearestKeyForATypo) {
  const YamlNode root = parse("name: x\ntimeuot: 5s\n");
  EXPECT_EQ(error_of([&] {
              root.allow_only({"name", "timeout"});
            }),
            "f.yaml:2:1: unknown key 'timeuot' in the document [did you mean 'timeout'?]");
  EXPECT_EQ(error_of([&] {
              root.allow_only({"name", "size"});
            }),
            "f.yaml:2:1: unknown key 'timeuot' in the document [the known keys are 'name', 'size']");
  EXPECT_EQ(error_of([&] { root.allow_only({"name", "timeuot", "more"}); }), "no error");
}

TEST(Yaml, FailsAtItsPlaceOnRequest) {
  const YamlNode node = parse("a:\n  - b\n").at("a").items()[0];
  EXPECT_EQ(error_of([&] { node.fail("no such mode", "use c"); }), "f.yaml:2:5: no such mode [use c]");
}

TEST(Yaml, RefusesNullsAndNamesTheirKey) {
  for (const char* null : {"", "~", "null", "Null", "NULL", " # nothing"}) {
    EXPECT_STARTS(parse_error("x: 1\na: "s + null + "\nb: 2"), "f.yaml:2:1: 'a' has no value [give it a value");
  }
  EXPECT_STARTS(parse_error("{a}"), "f.yaml:1:2: 'a' has no value");
  EXPECT_STARTS(parse_error("a:\n- x\n-\n- y\n"), "f.yaml:3:1: a member of 'a' has no value");
  EXPECT_STARTS(parse_error("~: x"), "f.yaml:1:1: a null cannot be a key");
  EXPECT_STARTS(parse_error("~"), "f.yaml:1:1: the document has no value");
}

TEST(Yaml, RefusesDuplicateKeys) {
  EXPECT_EQ(parse_error("a: 1\nb: 2\n\"a\": 3\n"),
            "f.yaml:3:1: key 'a' is there twice, first in line 1 [remove one of the two]");
}

TEST(Yaml, RefusesMergeKeysUnlessQuoted) {
  EXPECT_STARTS(parse_error("a: &x {b: 1}\nc:\n  <<: *x\n"), "f.yaml:3:3: merge keys '<<' are not supported");
  EXPECT_EQ(parse("'<<': 1").at("<<").as_int(), 1);
}

TEST(Yaml, RefusesKeysThatAreNoText) {
  EXPECT_STARTS(parse_error("? [a]\n: b\n"), "f.yaml:1:3: a key must be a text");
  EXPECT_STARTS(parse_error("a: &x y\n*x : z\n"), "f.yaml:2:1: a key cannot be an alias");
}

TEST(Yaml, RefusesASecondDocument) {
  EXPECT_STARTS(parse_error("a: 1\n---\nb: 2\n"), "f.yaml:2:1: a second document");
  EXPECT_STARTS(parse_error("- a\nb: 2\n"), "f.yaml:2:1: a second document, or text after the end");
  EXPECT_EQ(parse("---\na: 1\n...\n").at("a").as_int(), 1);
}

TEST(Yaml, RefusesTagsAndDirectives) {
  for (const char* text :
       {"a: !!str 1", "a: !!int 1", "a: !mine 1", "a: ! 1", "a: !!map {}", "a: !<tag:x> []", "a: !!null"}) {
    EXPECT_STARTS(parse_error(text), "f.yaml:1:4: tags are not supported");
  }
  EXPECT_STARTS(parse_error("# x\n%NOSUCH 1\n---\na: 1\n"), "f.yaml:2:1: directives are not supported");
}

TEST(Yaml, FollowsAliases) {
  const YamlNode root = parse("a: &x [1, 2]\nb: *x\n");
  EXPECT_EQ(root.at("b").as_strings(), (Strings{"1", "2"}));
  EXPECT_STARTS(parse_error("a: *x"), "f.yaml:1:4: not valid YAML");
  EXPECT_STARTS(parse_error("a: &x [*x]"), "f.yaml:1:8: an alias stands for something that contains it");
}

TEST(Yaml, RefusesABillionLaughs) {
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int k = 0; k < 10; ++k) text += (k ? ", *a" : "*a") + std::to_string(i - 1);
    text += "]\n";
  }
  EXPECT_STARTS(parse_error(text), "f.yaml:6:15: ");
  EXPECT_NE(parse_error(text).find("more than 250000 values"), std::string::npos);
}

TEST(Yaml, RefusesDeepNestingInEveryForm) {
  const auto nested = [](std::size_t levels, const std::string& open, const std::string& close) {
    std::string text;
    for (std::size_t i = 0; i < levels; ++i) text += open;
    text += "x";
    for (std::size_t i = 0; i < levels; ++i) text += close;
    return text;
  };
  EXPECT_EQ(parse_error(nested(64, "[", "]")), "no error");
  EXPECT_STARTS(parse_error(nested(65, "[", "]")), "f.yaml:1:65: nested deeper than 64 levels");
  EXPECT_STARTS(parse_error(nested(65, "- ", "")), "f.yaml:1:129: nested deeper");
  EXPECT_STARTS(parse_error(nested(65, "{a: ", "}")), "f.yaml:1:257: nested deeper");
  EXPECT_STARTS(parse_error(nested(100'000, "[", "]")), "f.yaml:1:65: nested deeper");
  EXPECT_STARTS(parse_error("a: &x " + nested(40, "[", "]") + "\nb: " + nested(40, "[", "]").replace(40, 1, "*x")),
                "f.yaml:2:44: nested deeper");
}

TEST(Yaml, RefusesOddBytes) {
  EXPECT_STARTS(parse_error("\xEF\xBB\xBF"
                            "a: 1"),
                "f.yaml:1:1: begins with a byte order mark");
  EXPECT_STARTS(parse_error("a: 1\r\nb: 2\r\n"), "f.yaml:1:5: a carriage return [save the file with Unix line ends");
  EXPECT_STARTS(parse_error("a: 1\nb: \xC3(\n"), "f.yaml:2:4: a byte that is not UTF-8: \\xc3");
  EXPECT_STARTS(parse_error("a: 1\n\x04 b: 2\n"), "f.yaml:2:1: a control character");
  EXPECT_STARTS(parse_error("a: 1\0"s), "f.yaml:1:5: a control character");
  EXPECT_STARTS(parse_error("\xFE\xFF\0a"s), "f.yaml:1:1: a byte that is not UTF-8");
  EXPECT_STARTS(parse_error("a: \"x\\0\""), "f.yaml:1:4: a text with a NUL character");
}

TEST(Yaml, RefusesAnEmptyFile) {
  for (const char* text : {"", "\n\n", "# only a remark\n", "---\n"}) EXPECT_STARTS(parse_error(text), "f.yaml:");
  EXPECT_STARTS(parse_error("# only a remark\n"), "f.yaml:1:1: the file is empty");
}

TEST(Yaml, PassesOnWhatTheParserSaysWithThePlace) {
  EXPECT_STARTS(parse_error("a: 1\nb: c: d\n"), "f.yaml:2:5: not valid YAML: illegal map value [check the indentation");
  EXPECT_STARTS(parse_error("a: @x\n"), "f.yaml:1:4: not valid YAML");
}

TEST(Yaml, RefusesAQuoteThatIsNeverClosed) {
  for (const char* text :
       {"a: 'x\n", "a: \"x\n  y\n", "a: 'x''\n", "a: \"x\\\"\n", "a: &b \"x\n", "a: '\n", "a: 'x''"}) {
    EXPECT_STARTS(parse_error(text), "f.yaml:1:");
  }
  EXPECT_STARTS(parse_error("a: 'x\n"), "f.yaml:1:4: a quote that is never closed");
  EXPECT_EQ(parse("a: 'it''s'").at("a").as_string(), "it's");
  EXPECT_EQ(parse("a: &b\n  \"\\\"x\\\\\"").at("a").as_string(), "\"x\\");
  EXPECT_EQ(parse("a: |\n  \"x\n").at("a").as_string(), "\"x\n");
}

TEST(Yaml, RefusesBracketsThatAreNeverClosed) {
  EXPECT_STARTS(parse_error("a: [1, 2\n"), "f.yaml:1:8: no ',' or ']' after '2' [close the list]");
  EXPECT_STARTS(parse_error("a: {b: 1\n"), "f.yaml:2:1: not valid YAML: end of map flow not found");
}

TEST(Yaml, RefusesFilesOverOneMebibyte) {
  const std::string value(1 << 20, 'x');
  EXPECT_STARTS(parse_error("a: " + value), "f.yaml:1:1: larger than 1 MiB");
  EXPECT_EQ(parse("a: " + value.substr(3)).at("a").as_string().size(), (1u << 20) - 3);
}

class YamlFile : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(testing::TempDir()) /
              ("xtest_yaml_" + std::string(testing::UnitTest::GetInstance()->current_test_info()->name()));
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path folder_;
};

TEST_F(YamlFile, IsNamedInPositions) {
  const auto path = folder_ / "a.yaml";
  std::ofstream(path) << "a: 1\n";
  EXPECT_EQ(load_yaml(path).at("a").where(), (Position{path.string(), 1, 4}));
}

TEST_F(YamlFile, MustExistAndBeARegularFile) {
  const auto load_error = [](const std::filesystem::path& path) { return error_of([&] { load_yaml(path); }); };
  const auto missing = folder_ / "b.yaml", pipe = folder_ / "pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_STARTS(load_error(missing), missing.string() + ": cannot be read: no such file [check the spelling");
  EXPECT_STARTS(load_error(folder_), folder_.string() + ": cannot be read: it is a directory");
  EXPECT_STARTS(load_error(pipe), pipe.string() + ": cannot be read: it is not a regular file");
}

TEST_F(YamlFile, MayNotBeLargerThanOneMebibyte) {
  const auto path = folder_ / "large.yaml";
  std::ofstream(path) << "a: " << std::string(1 << 20, 'x');
  EXPECT_STARTS(error_of([&] { load_yaml(path); }), path.string() + ":1:1: larger than 1 MiB");
}

}  // namespace
}  // namespace xtest
