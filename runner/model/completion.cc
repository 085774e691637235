// SPDX-License-Identifier: Apache-2.0
#include "runner/model/completion.h"

#include <cstdio>
#include <type_traits>

namespace xtest {

namespace {

std::string hex32(std::uint32_t code) {
  char text[16];
  std::snprintf(text, sizeof text, "0x%08X", static_cast<unsigned>(code));
  return text;
}

std::string with_reason(const char* what, const std::string& why) {
  return why.empty() ? what : std::string(what) + ": " + why;
}

template <class... Ts>
struct Overload : Ts... { using Ts::operator()...; };

}  // namespace

bool exited_with(const Completion& completion, int code) {
  const auto* exited = std::get_if<Exited>(&completion.how);
  return exited != nullptr && exited->code == code;
}

std::string describe(const Termination& how) {
  return std::visit(
      Overload{
          [](const Exited& e) { return "exited with " + std::to_string(e.code); },
          [](const Signalled& s) { return "killed by " + s.name + " (" + std::to_string(s.number) + ")"; },
          [](const NtException& e) { return "died of exception " + hex32(e.code); },
          [](const TimedOut&) { return std::string("ran into its time limit"); },
          [](const NotStarted& n) { return with_reason("could not be started", n.why); },
          [](const Lost& l) { return with_reason("was lost", l.why); },
      },
      how);
}

}  // namespace xtest
