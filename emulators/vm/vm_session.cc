// SPDX-License-Identifier: Apache-2.0
#include "emulators/vm/vm_session.h"

#include "runner/store/archive.h"

#include <utility>

namespace xtest {

std::string GuestLibraries::overlay() const {
  if (!std::filesystem::exists(folder) && std::filesystem::exists(initrd)) unpack(initrd, "lib/", folder);
  return "overlay \t" + folder.string() + "\n";
}

VmSession::VmSession(std::unique_ptr<Machine> machine, std::unique_ptr<Session> inner, GuestLibraries libraries)
    : machine_(std::move(machine)), inner_(std::move(inner)), libraries_(std::move(libraries)) {}

Task<void> VmSession::stage(std::vector<std::filesystem::path> files) { co_await inner_->stage(std::move(files)); }

// A run that the destructor ends finds neither session nor machine.
Task<Completion> VmSession::run(RunRequest request) {
  const std::weak_ptr<Machine> watched = machine_;
  const GuestLibraries libraries = libraries_;
  Completion completion = co_await inner_->run(std::move(request));
  if (!completion.look.empty()) completion.look = libraries.overlay() + completion.look;
  auto* lost = std::get_if<Lost>(&completion.how);
  const auto machine = watched.lock();
  if (!lost || !machine) co_return completion;
  if (const std::string why = co_await machine->find_out_why_lost(); !why.empty()) lost->why = why + " (" + lost->why + ")";
  if (machine->was_killed()) lost->suspect = false;
  completion.evidence += "the guest's console:" + machine->last_lines() + "\n";
  if (machine->why_lost().empty()) completion.evidence += co_await machine->processor_state() + "\n";
  co_return completion;
}

Task<std::optional<std::chrono::microseconds>> VmSession::processor_time() {
  const auto machine = machine_;
  co_return co_await machine->processor_time();
}

Task<void> VmSession::close() {
  machine_.reset();
  co_return;
}

}  // namespace xtest
