// SPDX-License-Identifier: Apache-2.0
#include "emulators/agent/ended.h"

namespace xtest {
namespace {

Termination termination_of(std::uint32_t how, std::uint32_t number, std::string text) {
  switch (how) {
    case XA_EXITED: return Exited{static_cast<int>(number)};
    case XA_SIGNALLED: return Signalled{static_cast<int>(number), std::move(text)};
    case XA_TIMED_OUT: return TimedOut{};
    case XA_NO_ROOM: return Lost{std::move(text), false};
    default: return NotStarted{std::move(text), number != 0};
  }
}

}  // namespace

bool read_ended(WireReader reader, Completion& into) {
  const auto how = reader.u32();
  const auto number = reader.u32();
  into.how = termination_of(how, number, reader.text());
  into.usage.user = std::chrono::microseconds(reader.u64());
  into.usage.system = std::chrono::microseconds(reader.u64());
  into.usage.wall = std::chrono::microseconds(reader.u64());
  into.usage.max_rss_kib = static_cast<std::int64_t>(reader.u64());
  into.out.total = reader.u64();
  into.err.total = reader.u64();
  for (auto strays = reader.u32(); strays > 0 && !reader.bad(); --strays) into.strays.push_back(reader.text());
  into.evidence += reader.text();
  into.look = reader.text();
  if (how > XA_NO_ROOM || !reader.rest().empty()) return false;
  if (into.out.skipped == 0) into.out.head = into.out.text.size();
  if (into.err.skipped == 0) into.err.head = into.err.text.size();
  return !reader.bad();
}

bool has_all_output(const Completion& completion) {
  const auto is_whole = [](const Output& output) { return output.text.size() + output.skipped == output.total; };
  return is_whole(completion.out) && is_whole(completion.err);
}

}  // namespace xtest
