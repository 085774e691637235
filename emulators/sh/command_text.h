// SPDX-License-Identifier: Apache-2.0
// The line that has the far side run one program: it sets what R of script.h looks at, then calls R.
//
//   q f            the run's number and its folder          r  1: the folder is made and removed
//   h t            bytes kept of head and tail of each stream     l  seconds until it is killed over there, 0: by the guard
//   w k b          result files: patterns, most of one, most of all          v  1: the environment may be exported
//   a              1: say that it has begun, as it does not follow another
//   environment(), program()     hand what they are called with, and the variables or the words, to one another
//
// What is as in the line before is left out, since the far side reads each word with a shell. One owner, who sends every
// text, in this order.
#pragma once

#include "emulators/agent/client.h"

#include <cstdint>
#include <map>
#include <string>

namespace xtest {

struct ShRunFacts {
  std::uint32_t seq = 0;
  long watch = 0;                          // seconds; 0: the far side does not watch the time
  std::uint64_t most_of_files = 0;         // bytes, of one and of all
  bool tells_start = false;
};

class ShCommandText {
 public:
  std::string of(const AgentCommand& command, const ShRunFacts& facts);

 private:
  std::string set(const std::string& letter, const std::string& value);
  std::string define(const std::string& function, const std::string& words);
  std::string news(const std::string& name, std::string text);

  std::map<std::string, std::string> known_;
};

}  // namespace xtest
