// SPDX-License-Identifier: Apache-2.0
// A guest of the executor `vm` and the session in it: what a program's loss is due to is told by the guest's console.
//
// The guest is thrown away as it is, by close() or the destructor. io_context thread.
#pragma once

#include "emulators/session.h"
#include "emulators/vm/machine.h"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace xtest {

// What a crash or a hang in a guest is explained by: a copy of its own libraries, made when one is asked for.
struct GuestLibraries {
  std::filesystem::path initrd, folder;      // its first root, which is no file where it came on a medium

  std::string overlay() const;               // a line of Completion::look
};

class VmSession final : public Session {
 public:
  VmSession(std::unique_ptr<Machine> machine, std::unique_ptr<Session> inner, GuestLibraries libraries);

  std::string name() const override { return inner_->name(); }
  Task<void> stage(std::vector<std::filesystem::path> files) override;
  Task<Completion> run(RunRequest request) override;
  Task<void> close() override;
  Task<std::optional<std::chrono::microseconds>> processor_time() override;

 private:
  std::shared_ptr<Machine> machine_;
  std::unique_ptr<Session> inner_;
  GuestLibraries libraries_;
};

}  // namespace xtest
