// SPDX-License-Identifier: Apache-2.0
#include "emulators/vm/dialogue.h"

#include "runner/base/error.h"
#include "runner/base/files.h"
#include "runner/base/text.h"

#include <algorithm>
#include <array>
#include <memory>

namespace xtest {
namespace {

using Steady = std::chrono::steady_clock;

constexpr std::size_t shown_lines = 10;
constexpr std::size_t kept_tail = 8u << 10;
constexpr std::size_t kept_text = 64u << 10;    // a text that is expected is shorter

}  // namespace

Dialogue::Dialogue(asio::any_io_executor executor, UniqueFd line, const std::filesystem::path& log, std::vector<std::string> panic)
    : line_(executor, line.release()), log_(::open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)), panic_(std::move(panic)) {
  if (!log_) throw Error(ErrorKind::infra, "cannot write " + log.string());
}

Task<bool> Dialogue::hear(Steady::time_point deadline) {
  std::array<char, 4096> piece;
  asio::steady_timer timer(line_.get_executor(), deadline);
  struct Wait { bool over = false, late = false; };
  const auto wait = std::make_shared<Wait>();      // the timer's end may be told after ours
  timer.async_wait([wait, line = &line_](boost::system::error_code stopped) {
    if (stopped || wait->over) return;
    wait->late = true;
    line->cancel();
  });
  const auto [error, size] = co_await line_.async_read_some(asio::buffer(piece), asio::as_tuple(asio::use_awaitable));
  wait->over = true;
  timer.cancel();
  if (error && wait->late) throw Error(ErrorKind::infra, "it took too long");
  if (error) co_return false;
  const std::string_view heard(piece.data(), size);
  write_all(log_.get(), heard);
  tail_.append(heard);
  if (tail_.size() > 2 * kept_tail) tail_.erase(0, tail_.size() - kept_tail);
  raw_.append(heard);
  if (raw_.size() > 2 * kept_text) raw_.erase(0, raw_.size() - kept_text);
  text_ = strip_ansi(raw_);
  look_for_panic();
  co_return true;
}

void Dialogue::look_for_panic() const {
  const std::string text = strip_ansi(tail_);
  for (const std::string& panic : panic_) {
    if (text.find(panic) != text.npos) throw Error(ErrorKind::infra, "the guest's kernel died (" + panic + ")" + last_lines());
  }
}

Task<void> Dialogue::expect(DialogueStep step) {
  const auto deadline = Steady::now() + step.limit;
  for (;;) {
    if (const auto at = text_.find(step.expect); at != text_.npos) {
      raw_ = text_ = text_.substr(at + step.expect.size());
      co_return;
    }
    std::string trouble;
    try {
      if (!co_await hear(deadline)) trouble = "the machine ended";
    } catch (const Error& error) {
      trouble = error.what();
    }
    if (!trouble.empty())
      throw Error(ErrorKind::infra, "the console did not say \"" + xml_clean(step.expect) + "\" within " + human_duration(step.limit) + ": " + trouble + last_lines());
  }
}

Task<void> Dialogue::send(std::string keys) {
  for (std::string_view left = keys; !left.empty();) {
    const auto [error, size] = co_await line_.async_write_some(asio::buffer(left.data(), left.size()), asio::as_tuple(asio::use_awaitable));
    if (error) throw Error(ErrorKind::infra, "the machine takes no more keys: " + error.message() + last_lines());
    left.remove_prefix(size);
  }
}

Task<void> Dialogue::hold(std::vector<DialogueStep> steps, std::function<void(const std::string&)> heard) {
  for (const DialogueStep& step : steps) {
    co_await expect(step);
    if (heard) heard(step.expect);
    co_await send(step.send);
  }
}

Task<void> Dialogue::listen(std::chrono::milliseconds limit) {
  const auto deadline = Steady::now() + limit;
  while (co_await hear(deadline)) {}
}

std::string Dialogue::last_lines() const {
  const std::string text = strip_ansi(tail_);
  const auto lines = split(trim(text), '\n');
  std::string last;
  for (std::size_t at = lines.size() - std::min(lines.size(), shown_lines); at < lines.size(); ++at) last += "\n  | " + xml_clean(trim(lines[at]));
  return last;
}

}  // namespace xtest
