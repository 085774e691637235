// SPDX-License-Identifier: Apache-2.0
// The tests of a suite that others wrote, as they lie in the cache: CACHE/suites/NAME/tree, and a manifest.json that is written last.
//
// The manifest names what the tree was made of (packages with version and sha256, or a checkout of the user's) and what it must
// hold. A run compares names and sizes, `xtest suite show` every byte. Reads files only; trouble is Error{usage} or Error{infra}
// that names `xtest suite install NAME`.
#pragma once

#include "runner/store/private_apt.h"
#include "suites/suite.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace xtest {

struct SuiteManifest {
  std::string source;                     // the key `from` it was made by, in one line
  std::vector<UnpackedPackage> packages;
  std::filesystem::path checkout;         // the user's own folder that the tree leads to, or empty
  std::size_t files = 0;
  std::uint64_t bytes = 0;
  std::string names, contents;            // digests: of names and sizes, of everything
};

struct SuiteState {
  enum class Kind { own, absent, damaged, here } kind = Kind::absent;   // own: the tests lie beside suite.yaml
  std::string trouble;                    // why it is damaged
  SuiteManifest manifest;
};

std::filesystem::path suite_home(const Suite& suite, const std::filesystem::path& cache);
std::filesystem::path suite_tree(const Suite& suite, const std::filesystem::path& cache);

// `wholly`: every byte is read.
SuiteState state_of(const Suite& suite, const std::filesystem::path& cache, bool wholly);

// Where the tests lie, and of which version: sets `sources` and `revision`. Throws if they are not there, or not as they were.
void use_installed(Suite& suite, const std::filesystem::path& cache);

// "gcc-12-source 12.2.0-14, libffi-dev 3.4.4", or the user's folder.
std::string origin_of(const SuiteManifest& manifest);

// The same text for equal sources.
std::string describe(const SuiteSource& source);

// Files, bytes and digests of what lies in a tree.
void measure(const std::filesystem::path& tree, SuiteManifest& manifest);

std::string to_json(const SuiteManifest& manifest);

}  // namespace xtest
