// SPDX-License-Identifier: Apache-2.0
#include "suites/inspect/elf.h"

#include <elf.h>

#include <gtest/gtest.h>

#include "tests/unit/suites/inspect_support.h"

namespace xtest {
namespace {

using inspect_test::Bytes;
using inspect_test::elf_bytes;
using inspect_test::elf_content_start;
using inspect_test::ElfSegmentBytes;

Bytes note(ByteOrder order, std::string_view owner, const std::vector<std::uint32_t>& words) {
  Bytes out(order);
  out.number(owner.size() + 1, 4).number(4 * words.size(), 4).number(1, 4).text(owner).number(0, 1);
  while (out.size() % 4 != 0) out.number(0, 1);
  for (const std::uint32_t word : words) out.number(word, 4);
  return out;
}

std::string note_of(std::string_view owner, const std::vector<std::uint32_t>& words) {
  const Bytes file =
      elf_bytes(64, ByteOrder::little, ET_EXEC, EM_X86_64, 0, {{PT_NOTE, PF_R, note(ByteOrder::little, owner, words)}});
  const auto facts = read_elf(file.span());
  if (!facts) return facts.error();
  return facts->notes.empty() ? "none" : facts->notes[0].os + " " + facts->notes[0].version;
}

// PT_LOAD, PT_INTERP, PT_DYNAMIC, PT_GNU_STACK; the strings lie in the PT_LOAD.
Bytes dynamic_file(int bits, ByteOrder order) {
  const unsigned word = bits == 64 ? 8 : 4;
  const std::size_t strings = elf_content_start(bits, 4);
  Bytes load(order), interp(order), dynamic(order);
  load.text(std::string_view("\0libc.so.6\0/home/me/lib:$ORIGIN\0", 32));
  interp.text(std::string_view("/lib/ld.so\0", 11));
  const auto entry = [&](std::uint64_t tag, std::uint64_t value) { dynamic.number(tag, word).number(value, word); };
  entry(DT_NEEDED, 1);
  entry(DT_RUNPATH, 11);
  entry(DT_STRTAB, strings);
  entry(DT_TEXTREL, 0);
  entry(DT_FLAGS, DF_BIND_NOW);
  entry(DT_FLAGS_1, DF_1_PIE);
  entry(DT_INIT_ARRAY, 0x4000);
  entry(DT_INIT_ARRAYSZ, 0x18);
  entry(DT_NULL, 0);
  return elf_bytes(bits, order, ET_DYN, EM_PPC64, 2,
                   {{PT_LOAD, PF_R | PF_X, load},
                    {PT_INTERP, PF_R, interp},
                    {PT_DYNAMIC, PF_R | PF_W, dynamic},
                    {PT_GNU_STACK, PF_R | PF_W, Bytes(order)}});
}

TEST(ReadElf, ReadsADynamicFileWithoutSectionsInEveryClassAndByteOrder) {
  for (const int bits : {32, 64})
    for (const ByteOrder order : {ByteOrder::little, ByteOrder::big}) {
      SCOPED_TRACE(std::to_string(bits) + " " + std::string(to_string(order)));
      const Bytes file = dynamic_file(bits, order);
      const auto facts = read_elf(file.span());
      ASSERT_TRUE(facts.has_value()) << facts.error();
      EXPECT_EQ(facts->bits, bits);
      EXPECT_EQ(facts->order, order);
      EXPECT_EQ(facts->machine_name, "ppc64");
      EXPECT_EQ(facts->flags, 2u);
      EXPECT_EQ(facts->type, FileType::dynamic);
      EXPECT_EQ(facts->interp, "/lib/ld.so");
      EXPECT_EQ(facts->dynamic.needed, std::vector<std::string>{"libc.so.6"});
      EXPECT_EQ(facts->dynamic.runpath, (std::vector<std::string>{"/home/me/lib", "$ORIGIN"}));
      EXPECT_TRUE(facts->dynamic.text_relocations);
      EXPECT_TRUE(facts->dynamic.bind_now);
      EXPECT_TRUE(facts->dynamic.pie_flag);
      EXPECT_EQ(facts->stack_flags, static_cast<std::uint32_t>(PF_R | PF_W));
      EXPECT_FALSE(facts->relro);
      ASSERT_TRUE(facts->init.dynamic_init_array.has_value());
      EXPECT_EQ(facts->init.dynamic_init_array->size, 0x18u);
    }
}

TEST(ReadElf, ReadsTheAbiNoteOfEachSystem) {
  EXPECT_EQ(note_of("GNU", {0, 3, 7, 0}), "linux 3.7.0");
  EXPECT_EQ(note_of("GNU", {1, 0, 0, 0}), "hurd 0.0.0");
  EXPECT_EQ(note_of("FreeBSD", {1400097}), "freebsd 14.0");
  EXPECT_EQ(note_of("NetBSD", {1001000000}), "netbsd 10.1");
  EXPECT_EQ(note_of("DragonFly", {600400}), "dragonfly 6.4");
  EXPECT_EQ(note_of("OpenBSD", {0}), "openbsd ");
  EXPECT_EQ(note_of("Android", {29}), "android 29");
  EXPECT_EQ(note_of("Nobody", {1}), "none");
}

TEST(ReadElf, IgnoresANoteThatRunsBeyondItsSegment) {
  Bytes broken;
  broken.number(4, 4).number(0xfffffff0, 4).number(1, 4).text(std::string_view("GNU\0", 4)).zeros(16);
  const Bytes file = elf_bytes(64, ByteOrder::little, ET_EXEC, EM_X86_64, 0, {{PT_NOTE, PF_R, broken}});
  const auto facts = read_elf(file.span());
  ASSERT_TRUE(facts.has_value()) << facts.error();
  EXPECT_TRUE(facts->notes.empty());
}

TEST(ReadElf, SaysThatAFileIsNoElf) {
  const Bytes text = Bytes().text("#!/bin/sh\nexit 0 # not an executable file of any machine\n");
  const auto facts = read_elf(text.span());
  ASSERT_FALSE(facts.has_value());
  EXPECT_EQ(facts.error(), "not an ELF file: no ELF magic number at its start");
}

TEST(ReadElf, NamesAnInterpreterThatIsNotTerminated) {
  const Bytes file =
      elf_bytes(64, ByteOrder::little, ET_DYN, EM_X86_64, 0, {{PT_INTERP, PF_R, Bytes().text("/lib/ld")}});
  const auto facts = read_elf(file.span());
  ASSERT_TRUE(facts.has_value()) << facts.error();
  EXPECT_EQ(facts->interp, "<not terminated>");
}

TEST(ReadElf, SurvivesEveryTruncation) {
  const Bytes file = dynamic_file(64, ByteOrder::little);
  std::size_t readable = 0;
  for (std::size_t size = 0; size < file.size(); ++size) {
    const std::vector<std::byte> cut(file.span().begin(), file.span().begin() + static_cast<std::ptrdiff_t>(size));
    const auto facts = read_elf(cut);
    readable += facts.has_value() ? 1 : 0;
    EXPECT_LE(facts ? facts->dynamic.needed.size() : 0u, 1u) << size;
  }
  EXPECT_GT(readable, 0u);
  EXPECT_LT(readable, file.size());
}

TEST(ReadElf, SurvivesEveryByteSetToOnes) {
  const Bytes file = dynamic_file(32, ByteOrder::big);
  std::size_t readable = 0;
  for (std::size_t at = 4; at < file.size(); ++at) {
    Bytes broken = file;
    broken.put(at, 0xff, 1);
    readable += read_elf(broken.span()).has_value() ? 1 : 0;
  }
  EXPECT_GT(readable, file.size() / 2);
  EXPECT_LT(readable, file.size());
}

}  // namespace
}  // namespace xtest
