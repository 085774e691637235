// SPDX-License-Identifier: Apache-2.0
// A driver that needs only sh, over a real shell of this machine: the parameter names it.
#pragma once

#include "emulators/sh/driver.h"
#include "tests/support/local_sh.h"
#include "tests/support/run_task.h"
#include "tests/support/temp_folder.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace xtest {

inline const std::string shells_of_drivers[] = {"dash", "bash", "busybox", "mksh", "ksh93", "posh"};

struct ShDrivers : testing::TestWithParam<std::string> {
  asio::io_context io;
  const TempFolder folder;
  std::unique_ptr<ShDriver> driver;

  void SetUp() override {
    if (!is_installed(GetParam())) GTEST_SKIP() << GetParam() << " is not installed";
  }
  ShDriver& start(ShFraming framing = ShFraming::bytes, std::string path = "/usr/bin:/bin") {
    ShDriverOptions options;
    options.facts = {"0123456789abcdef", folder.path().string()};
    options.framing = framing;
    options.wanted_folder = folder.path();
    auto guard = framing == ShFraming::bytes ? start_local_sh(io, GetParam(), path) : nullptr;
    driver = run_task(io, ShDriver::start(options, start_local_sh(io, GetParam(), path), std::move(guard)));
    return *driver;
  }
  AgentCommand command(std::vector<std::string> words) {
    AgentCommand command;
    command.argv = std::move(words);
    command.argv.insert(command.argv.begin(), XTEST_MISBEHAVE);
    command.env = {"PATH=/usr/bin:/bin"};
    command.cwd = driver->folder() + "/runs/" + std::to_string(++runs);
    command.fresh_cwd = true;
    command.limits.wall = std::chrono::seconds(60);
    return command;
  }
  std::string how(std::vector<std::string> words) { return describe(run_task(io, driver->run(command(std::move(words)))).how); }
  // All in flight at once; in the order of their ends.
  std::vector<Completion> batch(std::vector<AgentCommand> commands) {
    std::vector<Completion> ended;
    const std::size_t all = commands.size();
    for (AgentCommand& one : commands)
      asio::co_spawn(io, driver->run(std::move(one)), [&ended](std::exception_ptr, Completion completion) { ended.push_back(std::move(completion)); });
    io.restart();
    while (ended.size() < all && io.run_one() != 0) {}
    return ended;
  }
  int runs = 0;
};

}  // namespace xtest
