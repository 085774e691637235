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

struct Tried {
  std::unique_ptr<AgentClient> agent;
  std::string why_not;
};

Task<Tried> try_agent(GuestOptions options, FarSide& side) {
  Tried tried;
  std::filesystem::path agent;
  try {
    agent = co_await build_agent(options.target, options.data, options.cache);
  } catch (const Error& error) {
    if (options.driver == "agent") throw;
    tried.why_not = error.what();
    co_return tried;
  }
  if (const std::string why = side.why_foreign(read_file(agent).value_or("")); !why.empty())
    throw Error(ErrorKind::infra, "what is built for " + options.target.triple + " " + why);
  try {
    tried.agent = co_await GuestSession::start_agent(side, agent);
  } catch (const Error& error) {
    if (options.driver == "agent" || !side.alive()) throw;
    tried.why_not = error.what();
  }
  co_return tried;
}

}  // namespace

Task<OpenedGuest> open_guest(GuestOptions options, std::unique_ptr<SshConnection> connection) {
  auto side = co_await FarSide::open(std::move(connection), options.further, options.folder);
  const std::string system = side->kernel();
  Tried tried;
  if (options.driver != "sh") tried = co_await try_agent(options, *side);
  if (tried.agent) {
    auto session = std::make_unique<GuestSession>(options.name, std::move(tried.agent), std::move(side));
    co_return OpenedGuest{std::move(session), "agent", system, ""};
  }
  if (!tried.why_not.empty()) log_info("guest", "{} is driven by its sh, since {}", options.name, tried.why_not);
  auto session = co_await ShSession::open(options.name, std::move(side));
  co_return OpenedGuest{std::move(session), "sh", system, tried.why_not};
}

}  // namespace xtest
