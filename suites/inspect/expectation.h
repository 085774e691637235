// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a target says its files must look like, together with what this artifact was meant to be (link kind, language).
// The caller fills it from the target file and the unit; it travels as JSON to `xtest inspect`, a crash-isolated child.
//
// A plain value for any thread. An empty optional or list means "not said, not checked".
// JSON keys are the names of the members; from_json refuses unknown keys and wrong types and names the key.

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "suites/inspect/facts.h"

namespace xtest {

// dynamic_exe: PIE or not, both are good
enum class LinkKind { dynamic_exe, pie, static_exe, static_pie, shared, object };
enum class Language { c, cxx, go, rust };
enum class InitScheme { init_array, ctors };
// Whose functions need an unwind entry: all (save start-up stubs), only the program's own (a libc built without tables,
// such as musl's), only C++ and Rust (a C compiler that makes none by default), or nobody's.
enum class UnwindNeed { all, program, exceptions, none };

struct FlagsExpectation {
  std::uint32_t mask = 0, value = 0;
  std::string text;                    // "hard-float EABI5": shown when it does not match
};

struct NoteExpectation {
  std::string os;                      // "linux", "freebsd", ...
  std::string max_version;             // newest release the note may ask for; empty: any
  bool required = false;               // an executable without the note is bad
};

struct FileExpectation {
  FileFormat format = FileFormat::elf;
  std::optional<int> bits;
  std::optional<ByteOrder> order;
  std::string machine;                                  // "aarch64"; empty: not checked
  std::optional<FlagsExpectation> flags;
  std::vector<std::uint8_t> os_abi;
  std::optional<NoteExpectation> note;
  std::optional<std::string> interp;                    // for dynamic files
  std::vector<std::string> needed;                      // allow-list of globs; with needed_checked
  bool needed_checked = false;                          // false: `needed` is not known, only `forbidden` counts
  std::vector<std::string> forbidden;                   // globs that no dynamic file may need: libc.so.6 on musl
  std::vector<std::string> rpath_allowed = {"$ORIGIN*", "${ORIGIN}*"};
  std::vector<std::string> host_prefixes;               // named in the finding when an RPATH lies below one
  LinkKind link = LinkKind::dynamic_exe;
  Language language = Language::c;
  std::optional<InitScheme> init;
  UnwindNeed unwind = UnwindNeed::all;
  std::vector<std::string> unwind_exempt;               // globs of further functions that need no entry
  bool stack_header = true;                             // PT_GNU_STACK must be there (its absence means executable)
  bool relro = true;
  std::optional<std::uint16_t> subsystem;               // PE: 3 console, 2 windows
  std::vector<std::string> dlls;                        // PE: allow-list of globs, compared without case
  bool dlls_checked = false;
};

nlohmann::json expectation_to_json(const FileExpectation& expectation);
std::expected<FileExpectation, std::string> expectation_from_json(const nlohmann::json& json);

std::string_view to_string(LinkKind kind);
std::string_view to_string(Language language);
std::string_view to_string(InitScheme scheme);
std::string_view to_string(UnwindNeed need);
std::optional<LinkKind> link_kind_from(std::string_view text);  // dynamic | pie | static | static-pie | shared | object
std::optional<Language> language_from(std::string_view text);       // c | cxx | go | rust
std::optional<InitScheme> init_scheme_from(std::string_view text);  // init_array | ctors
std::optional<UnwindNeed> unwind_need_from(std::string_view text);  // all | program | exceptions | none

}  // namespace xtest
