// SPDX-License-Identifier: Apache-2.0
// What the lists and policies of a run say to a case's attempts: its verdict, or that it is to be seen once more.
//
// It reads the case book and changes nothing. Engine thread only.
#pragma once

#include "runner/engine/casebook.h"
#include "runner/engine/parts.h"

namespace xtest {

class Judge {
 public:
  Judge(const EngineParts& parts, const EngineOptions& options, const CaseBook& cases);      // borrowed

  const Expectation* expectation(CaseIx test) const;      // null: it should pass
  Outcome verdict(CaseIx test) const;
  bool wants_retry(CaseIx test) const;
  bool wants_confirmation(CaseIx test) const;             // to be asked when no retry is wanted
  bool is_after_infra(CaseIx test) const;                 // trouble was the last that was seen of it

 private:
  const StreamInfo& stream(CaseIx test) const;
  std::size_t target(CaseIx test) const;
  Occasion occasion(CaseIx test) const;
  bool is_confirmed(CaseIx test) const { return !stream(test).confirm_identity.empty(); }

  const EngineParts& parts_;
  const EngineOptions& options_;
  const CaseBook& cases_;
};

}  // namespace xtest
