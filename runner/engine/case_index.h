// SPDX-License-Identifier: Apache-2.0
// Finds the case that another one needs: of the same target, on the same executor or among the checks of the host.
//
// A test id may be in several streams (toolchains, options): the first that was added answers.
#pragma once

#include "runner/model/ids.h"

#include <string>
#include <unordered_map>

namespace xtest {

class CaseIndex {
 public:
  void add(const Stream& stream, const std::string& id, CaseIx test);
  const CaseIx* find(const Stream& from, const std::string& need) const;   // null: it is not part of this run

 private:
  const CaseIx* on(const Stream& from, const std::string& executor, const std::string& need) const;

  std::unordered_map<std::string, CaseIx> by_id_;   // "target\nexecutor\nid"
};

}  // namespace xtest
