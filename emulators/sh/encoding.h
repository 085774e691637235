// SPDX-License-Identifier: Apache-2.0
// Bytes as text that any shell and any line lets through, and the checksum that POSIX systems can make of bytes.
//
// Pure functions, any thread. Facts: POSIX.1-2017 `cksum` (CRC of ISO/IEC 8802-3, then the length), RFC 4648.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace xtest {

std::uint32_t posix_cksum(std::string_view bytes);

// Whether `word` is what `cksum` or, where that is missing (Debian's busybox), `sha256sum` says first of the bytes.
bool is_checksum_of(std::string_view word, std::string_view bytes);

std::string to_base64(std::string_view bytes);                                   // one line
std::optional<std::string> from_base64(std::string_view text);                   // white space is skipped
std::optional<std::string> from_hex(std::string_view text);                      // as `od -An -v -tx1` writes it

// Whether a shell that is told `export NAME=VALUE` hands on just that and works on as before: no name that it, or
// emulators/sh/script.h, has a use for.
bool is_plain_variable(std::string_view pair);

// What a shell's printf makes the bytes of: "\177ELF" as \177\105\114\106.
std::string to_octal(std::string_view bytes);

}  // namespace xtest
