// SPDX-License-Identifier: Apache-2.0
#include "emulators/ssh/line.h"

#include "runner/base/text.h"

#include <utility>

namespace xtest {
namespace {

constexpr std::size_t most_complaints = 4096;

// What both the channel's handlers and the line's owner see.
struct Shared {
  ShLine* line = nullptr;              // null: its owner let it go
  std::string complaints;
  void take(Channel which, std::string_view bytes) {
    if (which == Channel::err) complaints += bytes.substr(0, most_complaints - std::min(most_complaints, complaints.size()));
    else if (line && line->take) line->take(bytes);
  }
};

class SshLine final : public ShLine {
 public:
  SshLine(std::shared_ptr<Shared> shared, std::shared_ptr<SshChannel> channel) : shared_(std::move(shared)), channel_(std::move(channel)) {
    shared_->line = this;
  }
  ~SshLine() override {
    shared_->line = nullptr;
    channel_->give_up("the channel was closed by us");
  }

  void write(std::string_view text) override { channel_->write(text); }
  void end_input() override { channel_->end_input(); }

 private:
  std::shared_ptr<Shared> shared_;
  std::shared_ptr<SshChannel> channel_;
};

Task<void> tell_end(std::shared_ptr<Shared> shared, std::shared_ptr<SshChannel> channel) {
  const Termination end = co_await channel->wait();
  const std::string said(trim(shared->complaints));
  if (shared->line && shared->line->gone) shared->line->gone(describe(end) + (said.empty() ? "" : ": " + said));
}

}  // namespace

Task<std::unique_ptr<ShLine>> start_sh_over_ssh(ExecOverSsh exec) {
  const auto executor = co_await asio::this_coro::executor;
  const auto shared = std::make_shared<Shared>();
  SshOutput output;
  output.take = [shared](Channel which, std::string_view bytes) { shared->take(which, bytes); };
  const std::shared_ptr<SshChannel> channel = co_await exec("exec sh", std::move(output));
  asio::co_spawn(executor, tell_end(shared, channel), asio::detached);
  co_return std::make_unique<SshLine>(shared, channel);
}

}  // namespace xtest
