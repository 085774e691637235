// SPDX-License-Identifier: Apache-2.0
// What the shell over there tells of one run, frame by frame, becomes its Completion.
//
// The frames have an order and counts that agree; anything else is named and the line cannot be trusted any more. Pure.
#pragma once

#include "emulators/result_files.h"
#include "emulators/sh/frames.h"
#include "runner/model/completion.h"

#include <chrono>
#include <string>

namespace xtest {

class ShOutcome {
 public:
  ShOutcome(std::string program, ResultWish results) : program_(std::move(program)), files_(std::move(results)) {}

  std::string take(const ShFrame& frame);        // what is wrong with it, or empty
  void start_after(const ShOutcome& last);       // what begins when another has ended need not say so
  void add_evidence(const ShFrame& frame);       // a process, when the limit passed
  bool has_started() const { return step_ >= Step::started; }
  bool is_over() const { return step_ > Step::started; }         // nothing of the program runs any more
  bool has_ended() const { return step_ == Step::ended; }
  Completion& completion() { return completion_; }

 private:
  enum class Step { none, started, left, said, out, err, file, ended };
  std::string take_output(const ShFrame& frame, Output& output);
  std::string take_file(const ShFrame& frame);
  std::string take_end(const ShFrame& frame);
  void judge(int status, int signal, const std::string& name);

  std::string program_, said_;
  Step step_ = Step::none;
  bool is_start_assumed_ = false;
  std::chrono::microseconds user_{0}, system_{0};      // of all runs before; in the end, with this one
  ResultFiles files_;
  Completion completion_;
};

}  // namespace xtest
