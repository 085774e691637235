// SPDX-License-Identifier: Apache-2.0
#include "runner/base/error.h"
#include "runner/base/fd.h"
#include "runner/base/files.h"
#include "runner/base/text.h"
#include "runner/broker/ask.h"
#include "runner/broker/place.h"
#include "runner/cli/commands.h"
#include "runner/cli/exit_codes.h"
#include "runner/cli/locations.h"
#include "runner/cli/scratch.h"
#include "runner/cli/warm.h"
#include "runner/store/lock.h"
#include "runner/store/paths.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <memory>

namespace xtest {
namespace {

using nlohmann::json;

std::string name_of(const json& one) { return one.at("target").get<std::string>() + " on " + one.at("executor").get<std::string>(); }

Task<int> up(TargetOptions options, std::string idle) {
  const auto time = parse_duration(idle);
  if (!time) throw Error(ErrorKind::usage, "'" + idle + "' is no time for --idle", "write 90s, 30m or 8h");
  if (options.targets.empty()) throw Error(ErrorKind::usage, "no target given", "name one with --target; `xtest targets` lists them");
  co_await mention_dead_broker();
  for (const std::string& target : options.targets) {
    TargetOptions one = options;
    one.targets = {target};
    Payload payload;
    payload.text(XTEST_VERSION).number(static_cast<std::uint32_t>(time->count()));
    put_place(payload, warm_place(one, std::filesystem::current_path()));
    Message message{Word::up, broker_version, payload.take()};
    const Message answer = co_await ask_or_start_broker(std::move(message), find_locations().binary);
    const json told = json::parse(answer.payload);
    fmt::print("{}: {}\n", name_of(told), told.at("was_up").get<bool>() ? "was up" : "up");
  }
  co_return exit_code::ok;
}

Task<int> down(TargetOptions options) {
  co_await mention_dead_broker();
  std::string triple;
  if (!options.targets.empty()) triple = warm_place(options, std::filesystem::current_path()).triple;
  const auto answer = ask_broker({Word::down, broker_version, Payload().text(triple).text(options.on).take()});
  const json ended = answer ? json::parse(answer->payload) : json::array();
  for (const json& one : ended) fmt::print("{}: ended\n", name_of(one));
  if (ended.empty()) fmt::print("nothing {}is up\n", triple.empty() && options.on.empty() ? "" : "of this ");
  co_return exit_code::ok;
}

std::string joined(const json& pids) {
  std::string text;
  for (const json& pid : pids) text += (text.empty() ? "" : ",") + pid.dump();
  return text.empty() ? "-" : text;
}

void print_table(const json& sessions) {
  if (sessions.empty()) return fmt::print("nothing is up\n");
  fmt::print("{:<32} {:<22} {:>9} {:>9} {:>7} {:>8} {:>10}  {}\n", "target", "executor", "up", "idle", "calls", "sessions", "memory", "pids");
  const auto now = std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch());
  for (const json& one : sessions) {
    const auto up = now - std::chrono::seconds(one.at("since").get<std::int64_t>());
    const std::chrono::seconds idle(one.at("idle").get<std::int64_t>());
    fmt::print("{:<32} {:<22} {:>9} {:>9} {:>7} {:>8} {:>10}  {}\n", one.at("target").get<std::string>(), one.at("executor").get<std::string>(),
               human_duration(up), human_duration(idle), one.at("calls").get<std::uint64_t>(), one.at("sessions").get<std::uint64_t>(),
               human_bytes(one.at("memory").get<std::uint64_t>()), joined(one.at("pids")));
  }
}

Task<int> ps(std::string format) {
  co_await mention_dead_broker();
  const auto answer = ask_broker({Word::ps, broker_version, ""});
  const json told = answer ? json::parse(answer->payload) : json{{"sessions", json::array()}};
  if (format == "json") fmt::print("{}\n", told.dump(2));
  else print_table(told.at("sessions"));
  co_return exit_code::ok;
}

// The broker itself; `up` has made the socket that it is given.
Task<int> be_broker(const Registry& registry, int listener) {
  const auto executor = co_await asio::this_coro::executor;
  UniqueFd socket(listener);
  const auto alive = FileLock::try_lock(broker_file("lock"));
  if (!alive) throw Error(ErrorKind::infra, "there is a broker already");
  ::fcntl(socket.get(), F_SETFD, FD_CLOEXEC);
  const Scratch scratch;
  const std::filesystem::path mark = broker_file("scratch");
  write_file(mark, scratch.path().string(), 0600);
  Broker broker(executor, std::move(socket), scratch.path(), make_broker_world(registry, cache_dir()));
  asio::signal_set signals(executor, SIGTERM, SIGINT);
  signals.async_wait([&broker](boost::system::error_code error, int) {
    if (!error) broker.stop();
  });
  co_await broker.serve();
  std::error_code ignored;
  std::filesystem::remove(broker_file("socket"), ignored);
  std::filesystem::remove(mark, ignored);
  co_return exit_code::ok;
}

void add_up(CLI::App& app, Invocation& invocation) {
  struct Options {
    TargetOptions where;
    std::string idle = "30m";
  };
  auto options = std::make_shared<Options>();
  auto* command = add_command(app, "up",
                              "Keeps a target's place warm (namespace, Wine server, guest), so that `xtest exec` starts at once.\n\n"
                              "  xtest up --target aarch64-linux-gnu\n"
                              "  xtest up --target x86_64-linux-gnu --on vm --idle 2h\n"
                              "  xtest exec --target x86_64-linux-gnu --on vm -- ./prog\n"
                              "  xtest ps; xtest down");
  add_target_options(*command, options->where);
  command->add_option("--idle", options->idle, "ends when nothing ran in it for so long")->capture_default_str()->type_name("TIME");
  command->callback([options, &invocation] {
    invocation.chosen = [options] { return run_async([&] { return up(options->where, options->idle); }); };
  });
}

void add_down(CLI::App& app, Invocation& invocation) {
  auto options = std::make_shared<TargetOptions>();
  auto* command = add_command(app, "down", "Ends what `xtest up` keeps: all of it, one target's or one executor's; what runs there is killed.\n\n"
                                           "  xtest down\n  xtest down --target x86_64-linux-gnu --on vm");
  add_target_options(*command, *options);
  command->callback([options, &invocation] {
    invocation.chosen = [options] { return run_async([&] { return down(*options); }); };
  });
}

void add_ps(CLI::App& app, Invocation& invocation) {
  auto format = std::make_shared<std::string>("table");
  auto* command = add_command(app, "ps", "Lists what `xtest up` keeps.\n\n  xtest ps\n  xtest ps --format json");
  command->add_option("--format", *format, "table or json")->check(CLI::IsMember({"table", "json"}))->capture_default_str();
  command->callback([format, &invocation] {
    invocation.chosen = [format] { return run_async([&] { return ps(*format); }); };
  });
}

}  // namespace

void add_warm(CLI::App& app, Invocation& invocation) {
  add_up(app, invocation);
  add_down(app, invocation);
  add_ps(app, invocation);
  auto listener = std::make_shared<int>(-1);
  auto* broker = app.add_subcommand("broker", "owns the warm sessions; started by `up`")->group("");
  broker->add_option("--listener", *listener, "descriptor of its socket")->required();
  broker->callback([listener, &invocation] {
    invocation.chosen = [listener, &invocation] { return run_async([&] { return be_broker(invocation.registry, *listener); }); };
  });
}

}  // namespace xtest
