// SPDX-License-Identifier: Apache-2.0
#include "emulators/remote/remote.h"

#include "emulators/guest/agent_build.h"
#include "emulators/guest/guest_session.h"
#include "emulators/settings.h"
#include "runner/base/error.h"
#include "runner/base/text.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <utility>

namespace xtest {
namespace {

constexpr std::string_view kPrefix = "remote:";
constexpr int kMostConnections = 8;    // beyond ten at once OpenSSH drops some (MaxStartups)
constexpr int kDepth = 64;

class Remote final : public Executor {
 public:
  Remote(const Target& target, const ExecutorSpec& spec, const ExecutorContext& context) : target_(target), spec_(spec), context_(context) {}

  std::string name() const override { return std::string(kPrefix) + setting(spec_, "user") + "@" + setting(spec_, "host"); }
  std::string identity() const override { return name() + " " + system_; }
  std::set<std::string> features() const override { return {"remote", "binfmt", "reexec"}; }
  Capacity capacity() const override { return {number_of(spec_, "guests", cores_), kDepth, 0}; }
  double slowness() const override { return 1; }

  Task<Availability> available() override {
    std::string trouble, remedy;
    try {
      const auto connection = co_await connect();
      const Completion told = co_await connection->run("uname -srm; getconf _NPROCESSORS_ONLN || echo 1");
      const auto lines = split(trim(told.out.text), '\n');
      system_ = lines.front();
      cores_ = std::clamp(std::atoi(std::string(lines.back()).c_str()), 1, kMostConnections);
      if (!exited_with(told, 0)) trouble = "`uname` " + describe(told.how) + " on " + setting(spec_, "host");
    } catch (const Error& error) {
      trouble = error.what();
      remedy = error.remedy();
    }
    if (!trouble.empty()) co_return Availability{false, remedy.empty() ? trouble : trouble + "; " + remedy, ""};
    co_return Availability{true, setting(spec_, "host") + " is " + system_, ""};
  }

  Task<std::unique_ptr<Session>> open() override {
    const int number = ++opened_;
    const auto agent = co_await build_agent(target_, context_.data, context_.cache);
    auto connection = co_await connect();
    const std::string folder = fresh_guest_folder();
    co_await send_agent(*connection, folder, agent);
    co_return co_await GuestSession::open(name() + "#" + std::to_string(number), std::move(connection), folder, "exec " + folder + "/agent");
  }

 private:
  Task<std::unique_ptr<SshConnection>> connect() {
    SshOptions options;
    options.host = setting(spec_, "host");
    options.port = static_cast<std::uint16_t>(std::stoi(setting(spec_, "port")));
    options.user = setting(spec_, "user");
    options.private_key = setting(spec_, "key");
    options.known_hosts = setting(spec_, "known_hosts");
    co_return co_await SshConnection::open(std::move(options));
  }

  Target target_;
  ExecutorSpec spec_;
  ExecutorContext context_;
  std::string system_;                 // "Linux 6.1.0 x86_64"
  int cores_ = 1;                      // as many connections
  int opened_ = 0;
};

}  // namespace

std::optional<ExecutorSpec> remote_spec(const std::string& text) {
  if (!text.starts_with(kPrefix)) return std::nullopt;
  const auto at = text.find('@'), colon = text.rfind(':');
  const bool has_port = at != text.npos && colon > at;
  const std::string port = has_port ? text.substr(colon + 1) : "22";
  std::uint16_t number = 0;
  const auto parsed = std::from_chars(port.data(), port.data() + port.size(), number);
  const bool is_port = parsed.ec == std::errc() && parsed.ptr == port.data() + port.size() && number != 0;
  if (at == text.npos || at == kPrefix.size() || at + 1 == (has_port ? colon : text.size()) || !is_port)
    throw Error(ErrorKind::usage, "'" + text + "' names no machine", "it is written remote:USER@HOST or remote:USER@HOST:PORT");
  ExecutorSpec spec;
  spec.name = "remote";
  spec.settings = {{"user", text.substr(kPrefix.size(), at - kPrefix.size())},
                   {"host", text.substr(at + 1, has_port ? colon - at - 1 : text.npos)},
                   {"port", port}};
  return spec;
}

std::shared_ptr<Executor> make_remote_executor(const Target& target, const ExecutorSpec& spec, const ExecutorContext& context) {
  return std::make_shared<Remote>(target, spec, context);
}

}  // namespace xtest
