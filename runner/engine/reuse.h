// SPDX-License-Identifier: Apache-2.0
// Passes that a later run may take over (`--reuse-results`). Only durations are kept, since a pass has no more.
#pragma once

#include "runner/engine/collector.h"
#include "runner/engine/plan.h"
#include "runner/model/observed.h"
#include "runner/store/action_cache.h"

#include <cstddef>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace xtest {

std::string text_from_passes(std::span<const Observed> passes);
// Nothing if the text is damaged or is not about `count` cases.
std::optional<std::vector<Observed>> passes_from_text(std::string_view text, std::size_t count);

// What each library that was read names itself, so that a C library is read once a run.
using KnownLibraries = std::map<std::filesystem::path, std::optional<std::vector<std::string>>>;

// The libraries a dynamic program loads, found in these folders, their own libraries included; they decide its result as
// much as the program does. Nothing if one is not found or the file is not understood: then nothing may be taken over.
std::optional<std::vector<std::filesystem::path>> libraries_of(const std::filesystem::path& program,
                                                               std::span<const std::filesystem::path> folders,
                                                               KnownLibraries& known);

// The passes of other runs with the same programs, libraries and executor. A null cache has none and keeps none.
class Reuse {
 public:
  struct Found {
    std::string key;
    std::vector<Observed> passes;           // one a case
  };

  Reuse(const Plan& plan, std::span<const PreparedTarget> targets, ActionCache* cache, std::filesystem::path work)
      : plan_(plan), targets_(targets), cache_(cache), work_(std::move(work)) {}

  // `job` is the execution of these cases with a nonce that is the same in every run.
  std::optional<Found> find(const Unit& unit, Job job, std::size_t cases);
  void keep(const Unit& unit, Job job, const Collector& seen);      // nothing unless all passed

 private:
  std::optional<std::string> key(const Unit& unit, Job job);

  const Plan& plan_;
  std::span<const PreparedTarget> targets_;
  ActionCache* cache_;
  std::filesystem::path work_;
  KnownLibraries known_libraries_;
};

}  // namespace xtest
