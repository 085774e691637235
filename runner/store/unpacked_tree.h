// SPDX-License-Identifier: Apache-2.0
// A tree that holds the files of several packages, and its manifest.json, which names those that are wholly in it.
//
// The writer holds the tree's lock. Files are moved in one by one by rename, the manifest is replaced last and at once.
// Errors are Error{infra} with the path.
#pragma once

#include <filesystem>

#include "runner/store/private_apt.h"

namespace xtest {

// Moves everything below `from` (on the same file system) into `into`; files there are replaced, folders joined.
void merge_tree(const std::filesystem::path& from, const std::filesystem::path& into);

// Replaces another version of the same package and architecture.
void add_to_manifest(const std::filesystem::path& tree, UnpackedPackage package);

}  // namespace xtest
