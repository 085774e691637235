// SPDX-License-Identifier: Apache-2.0
#include "emulators/guest/open.h"

#include "emulators/guest/agent_build.h"
#include "emulators/guest/guest_session.h"
#include "emulators/guest/sh_session.h"
#include "runner/base/error.h"
#include "runner/base/files.h"
#include "runner/base/log.h"

#include <utility>

namespace xtest {
namespace {

// Whether the agent was sent; else why not.
Task<std::string> send_agent(GuestOptions options, FarSide& side) {
  std::filesystem::path agent;
  std::string why_not;
  try {
    agent = co_await build_agent(options.target, options.data, options.cache);
  } catch (const Error& error) {
    if (options.driver == "agent") throw;
    why_not = error.what();
  }
  if (!why_not.empty()) co_return why_not;
  if (const std::string why = side.why_foreign(read_file(agent).value_or("")); !why.empty())
    throw Error(ErrorKind::infra, "what is built for " + options.target.triple + " " + why);
  co_await GuestSession::send_agent(side, agent);
  co_return "";
}

}  // namespace

Task<OpenedGuest> open_guest(GuestOptions options, std::unique_ptr<SshConnection> connection) {
  OpenedGuest opened;
  auto side = co_await FarSide::open(std::move(connection), options.further, options.folder);
  opened.system = side->kernel();
  opened.cores = side->cores();
  opened.driver = options.driver;
  if (options.driver != "sh") opened.why_no_agent = co_await send_agent(options, *side);
  if (options.driver != "sh" && opened.why_no_agent.empty()) {
    const std::string command = "exec " + side->folder() + "/agent";
    try {
      opened.session = co_await GuestSession::open(options.name, side, command);
      opened.driver = "agent";
    } catch (const Error& error) {
      if (options.driver == "agent" || !side->alive()) throw;
      opened.why_no_agent = error.what();
    }
  }
  if (opened.session) co_return opened;
  if (!opened.why_no_agent.empty()) log_info("guest", "{} is driven by its sh, since {}", options.name, opened.why_no_agent);
  opened.session = co_await ShSession::open(options.name, std::move(side));
  opened.driver = "sh";
  co_return opened;
}

}  // namespace xtest
