// SPDX-License-Identifier: Apache-2.0
#include "runner/dialects/libtest.h"

#include "runner/base/text.h"
#include "runner/dialects/exit_status.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace xtest {
namespace {

constexpr std::size_t kHead = 16u << 10, kTail = 48u << 10;   // kept of what a test prints
constexpr int kFailed = 101;                                  // libtest's exit code when a test failed

std::string shown(std::string_view name) { return '\'' + repair_utf8(name.substr(0, 200)) + '\''; }

std::string counts(const LibtestCounts& c) {
  return fmt::format("{} passed, {} failed, {} ignored, {} measured", c.passed, c.failed, c.ignored, c.measured);
}

}  // namespace

LibtestAccount::LibtestAccount(std::vector<std::string> names) : tests_(names.size()), loose_(kHead, kTail) {
  for (std::size_t at = 0; at < names.size(); ++at) {
    longest_ = std::max(longest_, names[at].size());
    index_.emplace(std::move(names[at]), at);
  }
}

void LibtestAccount::blame(std::string what) {
  if (trouble_.empty()) trouble_ = std::move(what);
}

LibtestAccount::Test* LibtestAccount::find(const std::string& name) {
  const auto found = index_.find(name);
  if (found != index_.end()) return &tests_[found->second];
  blame("it names a test that was not asked for: " + shown(name));
  return nullptr;
}

void LibtestAccount::suite_begins(std::uint64_t tests) {
  if (std::exchange(begun_, true)) blame("its tests begin twice");
  if (tests != tests_.size()) blame(fmt::format("it begins {} tests, where {} were asked for", tests, tests_.size()));
}

void LibtestAccount::begins(const std::string& name) {
  Test* test = find(name);
  if (!test) return;
  if (test->state != State::waiting) return blame("a test begins twice: " + shown(name));
  if (!begun_ || told_) blame("a test begins outside of the run: " + shown(name));
  test->state = State::running;
  if (++running_ > 1) mixed_ = true;
  else mixed_ = false, loose_.take();
}

void LibtestAccount::ends(const std::string& name, Observed seen) {
  Test* test = find(name);
  if (!test) return;
  if (test->state != State::running) return blame("a test ends that does not run: " + shown(name));
  test->state = State::ended;
  --running_;
  (seen.status == Status::pass ? counted_.passed : seen.status == Status::skip ? counted_.ignored : counted_.failed) += 1;
  Output captured;
  captured.text = mixed_ ? std::string{} : readable_output(loose_.take(), {});
  if (!captured.text.empty() && captured.text.back() != '\n' && !seen.output.empty()) captured.text += '\n';
  captured.text += seen.output;
  seen.output = readable_output(captured, {});
  test->observed = std::move(seen);
}

void LibtestAccount::measured(const std::string& name) {
  Observed seen;
  seen.status = Status::pass;
  ends(name, std::move(seen));
  --counted_.passed;
  ++counted_.measured;
}

void LibtestAccount::suite_ends(LibtestCounts told) {
  if (!begun_ || told_) blame("the account goes on after its end");
  told_ = told;
}

void LibtestAccount::prints(std::string_view text) {
  if (running_ == 1) loose_.add(text);
}

void LibtestAccount::has_output(const std::string& name, std::string_view text) {
  const auto found = index_.find(name);
  if (found == index_.end() || tests_[found->second].state != State::ended) return;
  Observed& seen = tests_[found->second].observed;
  Output all;
  all.text = seen.output + std::string(text);
  seen.output = readable_output(all, {});
  if (const auto panic = libtest_panic(text); !panic.empty()) seen.message = panic;
}

std::string LibtestAccount::printed() { return loose_.take().text; }

std::string LibtestAccount::own_trouble() const {
  if (!trouble_.empty()) return trouble_;
  if (!begun_) return "it does not begin";
  if (!told_) return "it has no end";
  if (*told_ != counted_) return "it counts " + counts(*told_) + ", and told of " + counts(counted_);
  for (const Test& test : tests_) {
    if (test.state != State::ended) return "a test that was asked for did not run";
  }
  return {};
}

std::string LibtestAccount::trouble(const Completion& completion) const {
  if (completion.out.skipped > 0) return fmt::format("{} bytes of it were too many to be kept", completion.out.skipped);
  std::string own = own_trouble();
  if (!own.empty()) return own + " (the program " + describe(completion.how) + ")";
  const int expected = counted_.failed > 0 ? kFailed : 0;
  if (exited_with(completion, expected)) return {};
  return fmt::format("it counts {} failures, and the program {}", counted_.failed, describe(completion.how));
}

std::unique_ptr<LibtestStream> LibtestStream::make(LibtestFormat format, LibtestAccount& account) {
  return format == LibtestFormat::json ? make_libtest_json(account) : make_libtest_text(account);
}

void LibtestStream::feed(std::string_view bytes) {
  for (std::size_t end; (end = bytes.find('\n')) != std::string_view::npos; bytes.remove_prefix(end + 1)) {
    line_ += bytes.substr(0, end + 1);
    line(line_, true);
    line_.clear();
  }
  line_ += bytes;
}

void LibtestStream::finish() {
  if (!line_.empty()) line(line_, false);
  end();
}

Observed judge_libtest_alone(LibtestAccount& account, const std::string& trouble, const Completion& completion) {
  auto violent = observed_violent_end(completion);
  Observed seen = violent ? *std::move(violent) : Observed{};
  if (!violent) {
    seen.status = Status::fail;
    seen.kind = "protocol";
    seen.message = "its account cannot be believed: " + trouble;
    seen.duration = completion.usage.wall;
  }
  const bool is_running = account.tests().front().state == LibtestAccount::State::running;
  Output printed;
  printed.text = is_running ? account.printed() : account.tests().front().observed.output;
  seen.output = with_evidence(readable_output(printed, completion.err), completion);
  return seen;
}

}  // namespace xtest
