// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a produced file looks like, without judgement: the readers (elf.h, pe.h) fill a FileFacts from bytes, the
// checks (checks.h) compare it with a FileExpectation, render.h shows it to a person, facts_to_json to a machine.
//
// A plain value that owns all its strings; it may be made, moved and read on any thread. Nothing here fails: what a
// file does not have is empty, zero or nullopt. Addresses are the target's virtual addresses (RVAs for PE).
//
// Sources: System V gABI, LSB (.eh_frame, .eh_frame_hdr, note.ABI-tag), ARM EHABI, the BSDs' ELF notes, Microsoft
// PE/COFF.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace xtest {

enum class FileFormat { elf, pe };
enum class ByteOrder { little, big };
// ET_EXEC (PE: EXE), ET_DYN (PE: DLL), ET_REL, the rest
enum class FileType { executable, dynamic, relocatable, other };

// "linux" 3.2.0 from .note.ABI-tag; "freebsd", "netbsd", "openbsd", "dragonfly", "android" from their own notes.
struct AbiNote {
  std::string os;
  std::string version;
};

struct AddressRange {
  std::uint64_t address = 0;
  std::uint64_t size = 0;
};

// One section of pointers to initialisers or finalisers (.init_array*, .fini_array*, .ctors*, .dtors*).
struct InitTable {
  std::string section;
  AddressRange range;
  std::uint64_t entries = 0;      // pointers to functions, sentinels not counted
  bool starts_with_sentinel = false;  // -1, which crtbegin.o puts at the head of .ctors
  bool ends_with_sentinel = false;    // 0, which crtend.o puts at its tail
  std::uint64_t not_code = 0;     // entries that point to no executable section; counted where no relocation fills them
};

struct InitFacts {
  std::vector<InitTable> init_arrays, fini_arrays, preinit_arrays, ctors, dtors;
  std::optional<AddressRange> dynamic_init_array;  // DT_INIT_ARRAY, DT_INIT_ARRAYSZ
  std::optional<AddressRange> symbol_init_array;   // __init_array_start .. __init_array_end of a static file
  bool has_init = false;                           // DT_INIT or a section .init
  bool has_fini = false;
};

struct UnwindFacts {
  std::optional<AddressRange> eh_frame;      // section .eh_frame, or what PT_GNU_EH_FRAME points at
  std::string eh_frame_error;                // why the parse stopped early, empty when it did not
  std::uint64_t fde_count = 0;
  bool terminator_before_end = false;        // crtend.o's zero word is followed by more entries
  bool has_eh_frame_hdr = false;             // PT_GNU_EH_FRAME
  std::uint64_t eh_frame_hdr_entries = 0;    // of its search table
  std::optional<AddressRange> arm_exidx;     // PT_ARM_EXIDX or section .ARM.exidx
  std::uint64_t arm_exidx_entries = 0;
  bool registers_frames = false;             // __register_frame_info is defined: crtbeginT.o hands .eh_frame over
  std::uint64_t functions = 0;               // symbols of type FUNC with a size, in an executable section
  std::vector<std::string> uncovered;        // those without an unwind entry, sorted, no name twice
};

struct TlsFacts {
  std::uint64_t memory_size = 0, file_size = 0, alignment = 0;  // PE: only file_size, the template's
  std::uint64_t callbacks = 0;                                  // PE
};

struct DynamicFacts {
  bool present = false;                     // PT_DYNAMIC, or a section .dynamic
  std::vector<std::string> needed;
  std::string soname;
  std::vector<std::string> rpath, runpath;  // split at ':'
  bool text_relocations = false, bind_now = false, pie_flag = false;  // DT_TEXTREL or DF_TEXTREL; DF_BIND_NOW; DF_1_PIE
  std::uint64_t relocations_in_text = 0;    // dynamic relocations that write to a read-only segment
  std::vector<std::string> undefined;       // "name" or "name@VERSION"
};

struct PeImport {
  std::string dll;                   // as spelled in the file
  std::vector<std::string> symbols;  // names, or "#17" for an ordinal
  bool delayed = false;
};

struct PeSection {
  std::string name;
  AddressRange range;
  bool readable = false, writable = false, executable = false;
};

struct PeFacts {
  std::uint16_t subsystem = 0;
  std::uint16_t characteristics = 0, dll_characteristics = 0;
  std::vector<PeImport> imports;
  std::vector<PeSection> sections;
  bool has_pdata = false, has_xdata = false, pdata_sorted = true;
  std::uint64_t pdata_entries = 0, pdata_outside_code = 0;
  bool has_symbols = false;          // a COFF symbol table, so that a missing __CTOR_LIST__ means something
};

struct FileFacts {
  FileFormat format = FileFormat::elf;
  int bits = 0;                      // 32, 64
  ByteOrder order = ByteOrder::little;
  std::uint32_t machine = 0;
  std::string machine_name;          // "aarch64", as an expectation spells it; "machine-0x1234" when unknown
  std::uint32_t flags = 0;           // e_flags; ARM objects: with the float ABI taken from .ARM.attributes
  std::uint8_t os_abi = 0, abi_version = 0;
  std::vector<AbiNote> notes;
  FileType type = FileType::other;
  std::uint64_t entry = 0;
  bool entry_in_code = false;
  bool has_sections = false, has_symbols = false;
  std::optional<std::string> interp;
  DynamicFacts dynamic;
  bool relro = false;                         // PT_GNU_RELRO
  std::optional<std::uint32_t> stack_flags;   // p_flags of PT_GNU_STACK; nullopt when absent
  InitFacts init;
  UnwindFacts unwind;
  std::optional<TlsFacts> tls;
  std::vector<std::string> comments;          // section .comment: who compiled it
  std::optional<PeFacts> pe;
};

std::string machine_name(FileFormat format, std::uint32_t machine);
std::string os_abi_name(std::uint8_t os_abi);
std::string subsystem_name(std::uint16_t subsystem);
std::string flags_text(const FileFacts& facts);  // "EABI5, hard-float"; empty where the machine has no flags
std::string_view to_string(FileFormat format);
std::string_view to_string(ByteOrder order);
std::string_view to_string(FileType type);

nlohmann::json facts_to_json(const FileFacts& facts);

}  // namespace xtest
