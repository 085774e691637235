// SPDX-License-Identifier: Apache-2.0
#include "emulators/guest/sh_session.h"

#include "emulators/sh/request.h"
#include "emulators/ssh/line.h"
#include "runner/base/error.h"
#include "runner/base/random.h"

#include <utility>

namespace xtest {

Task<std::unique_ptr<ShSession>> ShSession::open(std::string name, std::unique_ptr<FarSide> side) {
  FarSide& far = *side;
  const ExecOverSsh exec = [&far](std::string command, SshOutput output) { return far.exec(std::move(command), std::move(output)); };
  auto line = co_await start_sh_over_ssh(exec);
  auto guard = co_await start_sh_over_ssh(exec);
  ShDriverOptions options;
  options.facts = {random_hex(16), side->folder()};
  auto driver = co_await ShDriver::start(std::move(options), std::move(line), std::move(guard));
  co_return std::unique_ptr<ShSession>(new ShSession(std::move(name), std::move(side), std::move(driver)));
}

ShSession::ShSession(std::string name, std::unique_ptr<FarSide> side, std::unique_ptr<ShDriver> driver)
    : name_(std::move(name)), side_(std::move(side)), driver_(std::move(driver)) {}

Task<void> ShSession::stage(std::vector<std::filesystem::path> files) { co_await side_->stage(std::move(files)); }

Task<Completion> ShSession::run(RunRequest request) {
  const std::string folder = side_->folder() + "/runs/" + std::to_string(++runs_);
  const std::function<std::string(const std::filesystem::path&)> path_of = [this](const std::filesystem::path& file) { return side_->path_of(file); };
  co_return co_await run_by_sh(*driver_, std::move(request), folder, path_of);
}

Task<void> ShSession::close() {
  co_await driver_->close();
  co_await side_->remove();
}

}  // namespace xtest
