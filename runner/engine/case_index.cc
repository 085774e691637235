// SPDX-License-Identifier: Apache-2.0
#include "runner/engine/case_index.h"

namespace xtest {
namespace {

constexpr const char* kAnyExecutor = "";   // what a check of the host needs may run anywhere

std::string key(const Stream& stream, const std::string& executor, const std::string& id) {
  return stream.target + '\n' + executor + '\n' + id;
}

}  // namespace

void CaseIndex::add(const Stream& stream, const std::string& id, CaseIx test) {
  by_id_.emplace(key(stream, stream.executor, id), test);
  by_id_.emplace(key(stream, kAnyExecutor, id), test);
}

const CaseIx* CaseIndex::find(const Stream& from, const std::string& need) const {
  if (const CaseIx* found = on(from, from.executor, need)) return found;
  return on(from, from.executor == "none" ? kAnyExecutor : "none", need);
}

const CaseIx* CaseIndex::on(const Stream& from, const std::string& executor, const std::string& need) const {
  const auto found = by_id_.find(key(from, executor, need));
  return found == by_id_.end() ? nullptr : &found->second;
}

}  // namespace xtest
