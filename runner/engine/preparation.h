// SPDX-License-Identifier: Apache-2.0
// Brings units to where their cases can be executed: their programs are built, one after the other, and what their cases
// need is known.
//
// `ready` is called once for each unit that was begun, also when a build failed. Engine thread only.
#pragma once

#include "runner/engine/builder.h"
#include "runner/engine/casebook.h"

#include <functional>
#include <optional>
#include <unordered_map>
#include <vector>

namespace xtest {

class Preparation {
 public:
  struct Built {
    JobId job = 0;                           // the last one
    std::optional<Observed> failure;
  };

  Preparation(const Plan& plan, const CaseBook& cases, Builder& builder, std::function<void(UnitIx)> ready);

  void begin(UnitIx unit);
  void decided(CaseIx test);                 // units may have waited for it
  const Built& built(UnitIx unit) const { return units_[unit].built; }

 private:
  struct State {
    std::size_t next_build = 0;
    std::size_t open_needs = 0;
    Built built;
  };

  void build_next(UnitIx unit);
  void when_needs_known(UnitIx unit);

  const Plan& plan_;
  const CaseBook& cases_;
  Builder& builder_;
  std::function<void(UnitIx)> ready_;
  std::vector<State> units_;
  std::unordered_map<CaseIx, std::vector<UnitIx>> waiting_;   // undecided need -> units that wait for it
};

}  // namespace xtest
