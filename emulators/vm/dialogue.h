// SPDX-License-Identifier: Apache-2.0
// A talk on a serial line: waits for a text, sends an answer, waits for the next one.
//
// Everything heard goes to a file, as it came. A text is looked for in what came after the last match, without the
// terminal's escape sequences; those may be cut anywhere. io_context thread. Error{infra} when a text does not come in
// time, the line ends or a panic is heard, with the last lines.
#pragma once

#include "emulators/vm/image.h"
#include "runner/base/asio.h"
#include "runner/base/fd.h"

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace xtest {

class Dialogue {
 public:
  // `log` is made anew; `panic` are texts that end any waiting.
  Dialogue(asio::any_io_executor executor, UniqueFd line, const std::filesystem::path& log, std::vector<std::string> panic);

  // `heard` is told each text that came, for a person who waits.
  Task<void> hold(std::vector<DialogueStep> steps, std::function<void(const std::string&)> heard = {});

  // Listens until the other side ends.
  Task<void> listen(std::chrono::milliseconds limit);

  std::string last_lines() const;                // each after a line's end

 private:
  Task<bool> hear(std::chrono::steady_clock::time_point deadline);   // more; false: the end
  Task<void> expect(DialogueStep step);
  Task<void> send(std::string keys);
  void look_for_panic() const;

  asio::posix::stream_descriptor line_;
  UniqueFd log_;
  std::vector<std::string> panic_;
  std::string raw_;                              // what came after the last match
  std::string text_;                             // the same without escape sequences
  std::string tail_;                             // of everything, for errors
};

}  // namespace xtest
