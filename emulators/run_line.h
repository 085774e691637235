// SPDX-License-Identifier: Apache-2.0
// The line to a run that is under way: signals and sizes of its terminal go in, and it is known how far the program is.
//
// Shared by whoever asked for the run and the place that performs it:
//
//   waits --the place has it, and nothing is before it--> handed over --the program runs--> started
//
// A signal that comes before the program runs is kept until it does. Handed over, the program may run and be heard
// already: only it can say what a signal does. io_context thread.
#pragma once

#include <functional>
#include <utility>
#include <vector>

namespace xtest {

struct TerminalSize {
  unsigned rows = 0, columns = 0;
};

class RunLine {
 public:
  void signal(int number) {
    if (send_) send_(number);
    else early_.push_back(number);
  }
  void resize(TerminalSize size) {
    if (resize_) resize_(size);
  }
  bool handed_over() const { return handed_over_; }
  bool started() const { return started_; }
  std::function<void()> when_started = {};   // called once, when the program runs: its descriptors are its own now

  // For the place: it starts the program; the program runs (or what is left of it goes on); it has ended.
  void hand_over() { handed_over_ = true; }
  void connect(std::function<void(int)> send, std::function<void(TerminalSize)> resize = {}) {
    send_ = std::move(send);
    resize_ = std::move(resize);
    if (!std::exchange(started_, true) && when_started) when_started();
    for (const int number : std::exchange(early_, {})) send_(number);
  }
  void disconnect() {
    send_ = [](int) {};
    resize_ = {};
  }

 private:
  bool handed_over_ = false, started_ = false;
  std::function<void(int)> send_;
  std::function<void(TerminalSize)> resize_;
  std::vector<int> early_;
};

}  // namespace xtest
