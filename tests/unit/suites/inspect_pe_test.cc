// SPDX-License-Identifier: Apache-2.0
#include "suites/inspect/pe.h"

#include <gtest/gtest.h>

#include "tests/unit/suites/inspect_support.h"

namespace xtest {
namespace {

using inspect_test::Bytes;

constexpr std::uint32_t code = 0x60000020, data = 0xc0000040, code_and_data = 0xe0000060;
constexpr std::size_t header_at = 0x80, text_at = 0x200, data_at = 0x400;

void add_section(Bytes& out, std::string_view name, std::uint32_t rva, std::size_t file, std::uint32_t flags) {
  Bytes padded;
  out.text(padded.text(name).pad_to(8).data());
  out.number(0x200, 4).number(rva, 4).number(0x200, 4).number(file, 4).zeros(12).number(flags, 4);
}

// One data section at RVA 0x2000: imports at its start, .pdata at +0x100, TLS at +0x140, names from +0x180.
Bytes data_section(unsigned width) {
  Bytes d;
  d.number(0x2080, 4).zeros(8).number(0x2180, 4).number(0x20a0, 4).zeros(20).pad_to(0x80);
  d.number(0x2190, width).number((std::uint64_t{1} << (8 * width - 1)) | 17, width).number(0, width).pad_to(0x100);
  d.number(0x1000, 4).number(0x1010, 4).number(0x21c0, 4).number(0x1010, 4).number(0x1020, 4).number(0x21c0, 4).pad_to(
      0x140);
  d.number(0x140002000, width)
      .number(0x140002010, width)
      .number(0, width)
      .number(0x140000000 + 0x21d0, width)
      .pad_to(0x180);
  d.text("DLL.dll").pad_to(0x190).number(0, 2).text("open").pad_to(0x1d0).number(0x140001000, width).number(0, width);
  return d.pad_to(0x200);
}

Bytes pe_file(std::uint32_t text_flags = code) {
  Bytes out;
  out.text("MZ").pad_to(0x3c).number(header_at, 4).pad_to(header_at);
  out.text(std::string_view("PE\0\0", 4)).number(0x8664, 2).number(2, 2).zeros(12).number(240, 2).number(0x22, 2);
  Bytes optional;
  optional.number(0x20b, 2)
      .pad_to(16)
      .number(0x1000, 4)
      .pad_to(24)
      .number(0x140000000, 8)
      .pad_to(68)
      .number(3, 2)
      .number(0x160, 2);
  optional.pad_to(108).number(16, 4).pad_to(240);
  optional.put(112 + 8 * 1, 0x2000, 4), optional.put(112 + 8 * 1 + 4, 40, 4);
  optional.put(112 + 8 * 3, 0x2100, 4), optional.put(112 + 8 * 3 + 4, 24, 4);
  optional.put(112 + 8 * 9, 0x2140, 4), optional.put(112 + 8 * 9 + 4, 40, 4);
  out.text(optional.data());
  add_section(out, ".text", 0x1000, text_at, text_flags);
  add_section(out, ".data", 0x2000, data_at, data);
  return out.pad_to(data_at).text(data_section(8).data());
}

TEST(ReadPe, ReadsHeadersImportsUnwindEntriesAndTlsCallbacks) {
  const Bytes file = pe_file();
  const auto facts = read_pe(file.span());
  ASSERT_TRUE(facts.has_value()) << facts.error();
  EXPECT_EQ(facts->machine_name, "x86_64");
  EXPECT_EQ(facts->bits, 64);
  EXPECT_TRUE(facts->entry_in_code);
  ASSERT_TRUE(facts->pe.has_value());
  EXPECT_EQ(facts->pe->subsystem, 3);
  EXPECT_EQ(facts->pe->dll_characteristics, 0x160);
  ASSERT_EQ(facts->pe->imports.size(), 1u);
  EXPECT_EQ(facts->pe->imports[0].dll, "DLL.dll");
  EXPECT_EQ(facts->pe->imports[0].symbols, (std::vector<std::string>{"open", "#17"}));
  EXPECT_EQ(facts->pe->pdata_entries, 2u);
  EXPECT_TRUE(facts->pe->has_xdata);
  EXPECT_TRUE(facts->pe->pdata_sorted);
  EXPECT_EQ(facts->pe->pdata_outside_code, 0u);
  ASSERT_TRUE(facts->tls.has_value());
  EXPECT_EQ(facts->tls->callbacks, 1u);
  EXPECT_EQ(facts->tls->file_size, 16u);
}

TEST(ReadPe, SeesUnwindEntriesOutOfOrderAndOutsideTheCode) {
  Bytes file = pe_file();
  file.put(data_at + 0x100, 0x2100, 4);
  const auto facts = read_pe(file.span());
  ASSERT_TRUE(facts.has_value()) << facts.error();
  EXPECT_FALSE(facts->pe->pdata_sorted);
  EXPECT_EQ(facts->pe->pdata_outside_code, 1u);
}

TEST(ReadPe, SeesAnEntryPointOutsideTheCode) {
  Bytes file = pe_file();
  file.put(header_at + 24 + 16, 0x2000, 4);
  const auto facts = read_pe(file.span());
  ASSERT_TRUE(facts.has_value()) << facts.error();
  EXPECT_FALSE(facts->entry_in_code);
}

TEST(ReadPe, SeesSectionsThatAreWritableAndExecutable) {
  const Bytes file = pe_file(code_and_data);
  const auto facts = read_pe(file.span());
  ASSERT_TRUE(facts.has_value()) << facts.error();
  EXPECT_TRUE(facts->pe->sections[0].writable && facts->pe->sections[0].executable);
}

TEST(ReadPe, SaysWhatIsWrongWithTheHeaders) {
  EXPECT_EQ(read_pe(Bytes().text("ELF").span()).error(), "not a PE file: no MZ magic number at its start");
  EXPECT_EQ(read_pe(Bytes().text("MZ").pad_to(0x40).span()).error(),
            "not a PE file: the DOS header points at no PE signature");
  Bytes file = pe_file();
  file.put(header_at + 24, 0x107, 2);
  EXPECT_EQ(read_pe(file.span()).error(),
            "not a readable PE file: optional header has magic 0x107, expected 0x10b or 0x20b");
}

TEST(ReadPe, SurvivesEveryTruncation) {
  const Bytes file = pe_file();
  for (std::size_t size = 0; size < file.size(); ++size) {
    const std::vector<std::byte> cut(file.span().begin(), file.span().begin() + static_cast<std::ptrdiff_t>(size));
    const auto facts = read_pe(cut);
    EXPECT_EQ(facts.has_value(), size >= header_at + 26) << size;
  }
}

TEST(ReadPe, SurvivesEveryByteSetToOnes) {
  const Bytes file = pe_file();
  std::size_t readable = 0;
  for (std::size_t at = 2; at < file.size(); ++at) {
    Bytes broken = file;
    broken.put(at, 0xff, 1);
    readable += read_pe(broken.span()).has_value() ? 1 : 0;
  }
  EXPECT_GT(readable, file.size() / 2);
  EXPECT_LT(readable, file.size());
}

TEST(ReadPe, BoundsImportTablesThatPointAtThemselves) {
  Bytes file = pe_file();
  for (std::size_t at = data_at; at + 4 <= file.size(); at += 4) file.put(at, 0x2000, 4);
  const auto facts = read_pe(file.span());
  ASSERT_TRUE(facts.has_value()) << facts.error();
  EXPECT_LE(facts->pe->imports.size(), 1024u);
}

}  // namespace
}  // namespace xtest
