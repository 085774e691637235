// SPDX-License-Identifier: Apache-2.0
#include "emulators/remote/remote.h"

#include "emulators/guest/open.h"
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
  std::string identity() const override { return name() + " " + system_ + " " + driver_; }
  std::set<std::string> features() const override { return {"remote", "binfmt", "reexec"}; }
  Capacity capacity() const override { return {number_of(spec_, "guests", cores_), driver_ == "sh" ? 1 : kDepth, 0}; }
  double slowness() const override { return 1; }

  // By opening a session, which also finds the driver for all that follow.
  Task<Availability> available() override {
    std::string trouble, remedy;
    try {
      OpenedGuest guest = co_await open_guest(name());
      co_await guest.session->close();
      system_ = guest.system;
      cores_ = std::clamp(guest.cores, 1, kMostConnections);
      driver_ = guest.driver;
      why_no_agent_ = guest.why_no_agent;
    } catch (const Error& error) {
      trouble = error.what();
      remedy = error.remedy();
    }
    if (!trouble.empty()) co_return Availability{false, remedy.empty() ? trouble : trouble + "; " + remedy, ""};
    const std::string by = driver_ == "agent" ? "our agent" : why_no_agent_.empty() ? "its sh" : "its sh (no agent: " + why_no_agent_ + ")";
    co_return Availability{true, setting(spec_, "host") + " is " + system_ + ", programs are run by " + by, ""};
  }

  Task<std::unique_ptr<Session>> open() override {
    OpenedGuest guest = co_await open_guest(name() + "#" + std::to_string(++opened_));
    co_return std::move(guest.session);
  }

 private:
  Task<OpenedGuest> open_guest(std::string session) {
    SshOptions ssh;
    ssh.host = setting(spec_, "host");
    ssh.port = static_cast<std::uint16_t>(std::stoi(setting(spec_, "port")));
    ssh.user = setting(spec_, "user");
    ssh.private_key = setting(spec_, "key");
    ssh.known_hosts = setting(spec_, "known_hosts");
    GuestOptions options;
    options.name = std::move(session);
    options.target = target_;
    options.data = context_.data;
    options.cache = context_.cache;
    options.driver = driver_.empty() ? setting(spec_, "driver") : driver_;
    options.folder = setting(spec_, "folder");
    options.further = [ssh] { return SshConnection::open(ssh); };
    auto connection = co_await SshConnection::open(ssh);
    co_return co_await xtest::open_guest(std::move(options), std::move(connection));
  }

  Target target_;
  ExecutorSpec spec_;
  ExecutorContext context_;
  std::string system_;                 // "Linux 6.1.0 x86_64"
  int cores_ = 1;                      // as many connections
  std::string driver_, why_no_agent_;  // known when it was found to be available
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
