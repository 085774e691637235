// SPDX-License-Identifier: Apache-2.0
// Identities that stay stable for years.
//
// TestId is `suite::group::case` (`probes::C1::cxx`): the first two `::` split, a case may contain more of them; it never
// names a target, toolchain, option set, executor, version or line. Control characters, `%` and bytes that are not UTF-8
// are written `%XX`. Stream is where a test ran: `target/suite/toolchain/options/executor`, always five parts, names and
// never versions. Inside one run cases, units, jobs and streams are plain indexes.
#pragma once

#include <compare>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace xtest {

using StreamIx = std::uint32_t;
using UnitIx = std::uint32_t;
using CaseIx = std::uint32_t;
using JobId = std::uint32_t;

struct TestId {
  std::string suite;
  std::string group;
  std::string name;

  auto operator<=>(const TestId&) const = default;

  std::string to_string() const;                                        // parts percent-encoded
  static std::expected<TestId, std::string> parse(std::string_view text);  // error: what is wrong with the text
};

struct Stream {
  std::string target;     // canonical triple
  std::string suite;
  std::string toolchain;  // "gcc", "clang", "go", "rustc"
  std::string options;    // "default", "O2", ...
  std::string executor;   // "host", "qemu-user", "wine", "none"

  auto operator<=>(const Stream&) const = default;

  std::string to_string() const;
  static std::expected<Stream, std::string> parse(std::string_view text);
};

}  // namespace xtest
