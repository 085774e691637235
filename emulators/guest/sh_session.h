// SPDX-License-Identifier: Apache-2.0
// A session in another system that is reached over SSH, where our agent does not run: its `sh` runs the programs.
//
// Two shells are kept there, each over a channel: the driver, and the guard that kills what is late and, when the
// connection ends, everything. What sh cannot tell is said in emulators/sh/driver.h. io_context thread.
#pragma once

#include "emulators/guest/far_side.h"
#include "emulators/session.h"
#include "emulators/sh/driver.h"

#include <memory>
#include <string>
#include <vector>

namespace xtest {

class ShSession : public Session {
 public:
  // Throws Error{infra}.
  static Task<std::unique_ptr<ShSession>> open(std::string name, std::unique_ptr<FarSide> side);

  std::string name() const override { return name_; }
  Task<void> stage(std::vector<std::filesystem::path> files) override;
  Task<Completion> run(RunRequest request) override;
  Task<void> close() override;

 private:
  ShSession(std::string name, std::unique_ptr<FarSide> side, std::unique_ptr<ShDriver> driver);

  std::string name_;
  std::unique_ptr<FarSide> side_;            // outlives the driver, whose channels are in it
  std::unique_ptr<ShDriver> driver_;
  std::uint64_t runs_ = 0;
};

}  // namespace xtest
