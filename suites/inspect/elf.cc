// SPDX-License-Identifier: Apache-2.0
#include "suites/inspect/elf.h"

#include <algorithm>

#include "suites/inspect/elf_image.h"
#include "suites/inspect/elf_parts.h"

namespace xtest {
namespace {

FileType file_type(unsigned e_type) {
  switch (e_type) {
    case ET_EXEC: return FileType::executable;
    case ET_DYN: return FileType::dynamic;
    case ET_REL: return FileType::relocatable;
    default: return FileType::other;
  }
}

void read_identity(const ElfImage& image, FileFacts& facts) {
  const GElf_Ehdr& header = image.header();
  facts.format = FileFormat::elf;
  facts.bits = image.bits();
  facts.order = image.view().order();
  facts.machine = header.e_machine;
  facts.machine_name = machine_name(FileFormat::elf, header.e_machine);
  facts.flags = header.e_machine == EM_ARM ? arm_object_flags(image) : header.e_flags;
  facts.os_abi = header.e_ident[EI_OSABI];
  facts.abi_version = header.e_ident[EI_ABIVERSION];
  facts.notes = read_notes(image);
  facts.type = file_type(header.e_type);
  facts.entry = header.e_entry;
  facts.entry_in_code = image.is_code(header.e_entry);
  facts.has_sections = !image.sections().empty();
}

// An object says by the section .note.GNU-stack what a linked file says by its segment.
std::optional<std::uint32_t> stack_flags(const ElfImage& image) {
  if (const GElf_Phdr* segment = image.segment(PT_GNU_STACK)) return segment->p_flags;
  const ElfSection* note = image.section(".note.GNU-stack");
  if (note == nullptr || image.header().e_type != ET_REL) return std::nullopt;
  return note->is_code() ? PF_R | PF_W | PF_X : PF_R | PF_W;
}

void read_segments(const ElfImage& image, FileFacts& facts) {
  if (const GElf_Phdr* interp = image.segment(PT_INTERP))
    facts.interp = image.bytes_of(*interp).text(0).value_or("<not terminated>");
  facts.relro = image.segment(PT_GNU_RELRO) != nullptr;
  facts.stack_flags = stack_flags(image);
  if (const GElf_Phdr* tls = image.segment(PT_TLS)) facts.tls = TlsFacts{tls->p_memsz, tls->p_filesz, tls->p_align, 0};
}

std::vector<std::string> read_comments(const ElfImage& image) {
  const ElfSection* section = image.section(".comment");
  if (section == nullptr) return {};
  std::vector<std::string> comments;
  ByteCursor cursor(image.bytes_of(*section));
  while (!cursor.at_end()) {
    std::string comment = cursor.text(1024);
    if (!comment.empty() && std::ranges::find(comments, comment) == comments.end())
      comments.push_back(std::move(comment));
    if (comments.size() == 32) break;
  }
  return comments;
}

}  // namespace

std::expected<FileFacts, std::string> read_elf(std::span<const std::byte> bytes) {
  const auto image = ElfImage::open(bytes);
  if (!image) return std::unexpected(image.error());
  FileFacts facts;
  read_identity(**image, facts);
  read_segments(**image, facts);
  facts.dynamic = read_dynamic(**image, facts.init);
  std::vector<ElfSymbol> symbols = (*image)->symbols(SHT_SYMTAB);
  facts.has_symbols = !symbols.empty();
  if (symbols.empty()) symbols = (*image)->symbols(SHT_DYNSYM);
  read_init(**image, symbols, facts.init);
  facts.unwind = read_unwind(**image, symbols);
  facts.comments = read_comments(**image);
  return facts;
}

}  // namespace xtest
