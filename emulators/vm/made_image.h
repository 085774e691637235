// SPDX-License-Identifier: Apache-2.0
// An image that was made: a folder of files whose digests stand in its manifest, and where those folders lie.
//
//   CACHE/images/NAME/lock            held by whoever makes or removes images of that name
//   CACHE/images/NAME/DIGEST/         kernel, initrd, medium, disk, seed.iso, keys, manifest.json; complete or absent
//   CACHE/images/NAME/DIGEST.use      held, shared, by whoever uses it
//
// Any thread. Trouble with files is Error{infra}.
#pragma once

#include "emulators/vm/image.h"
#include "runner/store/lock.h"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace xtest {

struct MadeImage {
  std::filesystem::path folder;
  std::string digest;                            // of its manifest, and so of every byte in it
  std::shared_ptr<FileLock> in_use;              // nobody removes it while this is held

  std::filesystem::path kernel() const { return folder / "kernel"; }
  std::filesystem::path initrd() const { return folder / "initrd"; }
  std::filesystem::path medium() const { return folder / "medium"; }     // the release medium, decompressed
  std::filesystem::path disk() const { return folder / "disk"; }         // what an installation left, or the prepared one
  std::filesystem::path seed() const { return folder / "seed.iso"; }
  std::filesystem::path user_key() const { return folder / "user"; }
  std::filesystem::path private_host_key() const { return folder / "host"; }
  std::string public_user_key() const;           // "ssh-ed25519 AAAA..."
  std::string host_key() const;                  // the same of the guest
};

std::filesystem::path home_of(const std::filesystem::path& cache, const std::string& name);

// `digest` is that of the recipe, with a medium's.
std::filesystem::path folder_of(const std::filesystem::path& cache, const std::string& name, const std::string& digest);
std::filesystem::path use_lock_of(const std::filesystem::path& folder);

// The manifest is what makes a folder an image; `origin` says in it what the image was made of, a line each.
void write_manifest(const std::filesystem::path& folder, const ImageRecipe& recipe, const std::vector<std::string>& origin);

// Reads every byte of it. What is wrong, a line each ("kernel: its sha256 is ..., the manifest says ..."); empty: nothing.
std::vector<std::string> damage_of(const std::filesystem::path& folder);

std::string digest_of_manifest(const std::filesystem::path& folder);

}  // namespace xtest
