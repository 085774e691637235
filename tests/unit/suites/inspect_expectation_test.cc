// SPDX-License-Identifier: Apache-2.0
#include "suites/inspect/expectation.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace xtest {
namespace {

using nlohmann::json;

FileExpectation full_expectation() {
  FileExpectation e;
  e.format = FileFormat::elf;
  e.bits = 32;
  e.order = ByteOrder::big;
  e.machine = "arm";
  e.flags = FlagsExpectation{0xff000600, 0x05000400, "EABI5, hard-float"};
  e.os_abi = {0, 3};
  e.note = NoteExpectation{"linux", "3.2.0", true};
  e.interp = "/lib/ld-linux-armhf.so.3";
  e.needed = {"libc.so.6", "libm.so.*"};
  e.needed_checked = true;
  e.forbidden = {"libc.musl-*"};
  e.rpath_allowed = {"/opt/*"};
  e.host_prefixes = {"/home/m\xc3\xbcller"};
  e.link = LinkKind::static_pie;
  e.language = Language::rust;
  e.init = InitScheme::ctors;
  e.unwind = UnwindNeed::exceptions;
  e.unwind_exempt = {"asm_*"};
  e.stack_header = false;
  e.relro = false;
  e.subsystem = 2;
  e.dlls = {"KERNEL32.dll"};
  e.dlls_checked = true;
  return e;
}

std::string error_of(const json& in) {
  const auto result = expectation_from_json(in);
  return result ? "accepted" : result.error();
}

TEST(FileExpectation, ComesBackFromJsonAsItWent) {
  const json sent = expectation_to_json(full_expectation());
  const auto received = expectation_from_json(json::parse(sent.dump()));
  ASSERT_TRUE(received.has_value()) << received.error();
  EXPECT_EQ(expectation_to_json(*received), sent);
  EXPECT_EQ(received->flags->value, 0x05000400u);
  EXPECT_EQ(received->link, LinkKind::static_pie);
  EXPECT_EQ(received->unwind, UnwindNeed::exceptions);
  EXPECT_EQ(received->host_prefixes[0], "/home/m\xc3\xbcller");
}

TEST(FileExpectation, SendsEveryMember) {
  FileExpectation expectation = full_expectation();
  expectation.format = FileFormat::pe;
  const json defaults = expectation_to_json(FileExpectation{});
  const json full = expectation_to_json(expectation);
  for (const auto& [key, value] : full.items()) EXPECT_NE(value, defaults.value(key, json())) << key;
  EXPECT_EQ(full.size(), 23u);
}

TEST(FileExpectation, KeepsWhatIsNotSaidUnset) {
  const auto received = expectation_from_json(expectation_to_json(FileExpectation{}));
  ASSERT_TRUE(received.has_value()) << received.error();
  EXPECT_FALSE(received->bits || received->order || received->flags || received->note || received->interp ||
               received->init || received->subsystem);
}

TEST(FileExpectation, NamesTheKeyThatIsUnknownOrOfTheWrongType) {
  EXPECT_EQ(error_of(json::array()), "the expectation is not a JSON object");
  EXPECT_EQ(error_of({{"machin", "arm"}}), "unknown key \"machin\" in the expectation");
  EXPECT_NE(error_of({{"bits", "64"}}).find("key \"bits\" of the expectation has the wrong type"), std::string::npos);
  EXPECT_NE(error_of({{"flags", {{"mask", 1}}}}).find("key \"flags\""), std::string::npos);
  EXPECT_EQ(
      error_of({{"link", "static_pie"}}),
      "key \"link\" of the expectation: \"static_pie\" is not one of dynamic, pie, static, static-pie, shared, object");
}

TEST(FileExpectation, ReadsItsWordsAndNoOthers) {
  EXPECT_EQ(link_kind_from("static-pie"), LinkKind::static_pie);
  EXPECT_EQ(language_from("cxx"), Language::cxx);
  EXPECT_EQ(init_scheme_from("ctors"), InitScheme::ctors);
  EXPECT_EQ(unwind_need_from("program"), UnwindNeed::program);
  EXPECT_EQ(to_string(LinkKind::dynamic_exe), "dynamic");
  EXPECT_FALSE(language_from("C"));
  EXPECT_FALSE(link_kind_from(""));
}

}  // namespace
}  // namespace xtest
