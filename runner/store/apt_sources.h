// SPDX-License-Identifier: Apache-2.0
// Where the host's apt gets its packages from, read from /etc/apt in both styles (sources.list(5)): one line an entry,
// or deb822 stanzas.
//
// Only what a private apt root needs: binary entries that are enabled, with where they come from and who signed them.
// Entries that cannot be understood are left out, apt itself complains about them. Pure but for reading the files.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace xtest {

struct AptSource {
  std::string uri;
  std::vector<std::string> suites;
  std::vector<std::string> components;
  std::string signed_by;  // path of a keyring, or empty: the host's trusted keys
  std::string key;        // the key itself, where deb822 has it in the file
  bool trusted = false;   // the host's administrator waives signatures
};

std::vector<AptSource> parse_one_line_sources(std::string_view text);
std::vector<AptSource> parse_deb822_sources(std::string_view text);

// ETC/sources.list and ETC/sources.list.d/*.{list,sources}.
std::vector<AptSource> read_apt_sources(const std::filesystem::path& etc);

// The entry that serves `suite` with component main; else one of the same distribution (its URI ends in `/debian` or
// `/ubuntu`), since a mirror has all its suites.
std::optional<AptSource> source_for(const std::vector<AptSource>& sources, std::string_view suite);

}  // namespace xtest
