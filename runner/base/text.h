// SPDX-License-Identifier: Apache-2.0
//
// Text that crosses a border: quoting for the shell, escaping for XML and JSON,
// making foreign bytes readable, short human forms of numbers and back, globs and
// spelling help. Test programs print anything, so every function here takes any
// bytes and says what becomes of the bad ones. Pure functions, any thread; only
// sh_quote can throw. Facts: POSIX shell 2.2.2, XML 1.0 production 2 [Char],
// RFC 8259, ECMA-48 (escape sequences).
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace xtest {

// --- quoting and escaping

/// One word for a POSIX shell; harmless words stay as they are. A NUL byte is an Error.
std::string sh_quote(std::string_view word);

/// A whole command line for a POSIX shell.
std::string sh_join(std::span<const std::string> words);

enum class XmlPlace { text, attribute };

/// What XML 1.0 may hold, without the entities: escape sequences removed, forbidden
/// code points as `\x1b`, bytes that are not UTF-8 as `\xff`. For writers that escape.
std::string xml_clean(std::string_view text);

/// xml_clean plus entities. In attributes line breaks and tabs become references too.
std::string xml_escape(std::string_view text, XmlPlace place = XmlPlace::text);

/// Appends `text` as a JSON string with its quotes; a byte that is not UTF-8 reads `\xff`.
void json_quote(std::string& out, std::string_view text);

/// `text` with every byte that is not UTF-8 written as `\xff`.
std::string repair_utf8(std::string_view text);

/// `text` without terminal escape sequences. An unfinished one is left, it is evidence.
std::string strip_ansi(std::string_view text);

/// `%XX` for `%`, control characters and bytes that are not UTF-8: the form of a TestId.
std::string percent_encode_id(std::string_view text);

/// The inverse; nothing if a `%` is not followed by two hexadecimal digits.
std::optional<std::string> percent_decode_id(std::string_view text);

// --- cutting and joining

/// Parts between separators, empty ones included; n separators give n + 1 parts.
std::vector<std::string_view> split(std::string_view text, char separator);

/// Without ASCII white space at both ends.
std::string_view trim(std::string_view text);

std::string join(std::span<const std::string> parts, std::string_view separator);

/// The first `head` and last `tail` bytes (never half a character) with a line
/// "... N bytes left out ..." between them; short texts are returned whole.
std::string truncate_middle(std::string_view text, std::size_t head, std::size_t tail);

// --- matching

/// `*` (any characters, `/` and `::` too), `?` (one character), `[a-z]`, `[!a-z]`; a `[`
/// without its `]` is itself, and so is any single character in brackets: `[*]`. No pattern makes it exponential.
bool glob_match(std::string_view pattern, std::string_view text);

/// The candidate that `name` is probably a misspelling of, if one is near enough.
std::optional<std::string> nearest(std::string_view name, std::span<const std::string> candidates);

// --- numbers for people

/// "0.02s", "1m 3s", "2h 5m", "3d 1h".
std::string human_duration(std::chrono::milliseconds time);

/// "512 B", "1.5 KiB", "3.0 GiB".
std::string human_bytes(std::uint64_t bytes);

/// "200ms", "5s", "2m", "1h": a whole number and one unit, nothing else.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

/// "4096", "64K", "5G": powers of 1024 up to T.
std::optional<std::uint64_t> parse_size(std::string_view text);

}  // namespace xtest
