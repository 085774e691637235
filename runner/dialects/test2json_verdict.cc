// SPDX-License-Identifier: Apache-2.0
// From an account and the end of the process to observations.
#include "runner/base/text.h"
#include "runner/dialects/exit_status.h"
#include "runner/dialects/test2json.h"

#include <algorithm>
#include <utility>

namespace xtest {
namespace {

// The Go runtime's own words, on stderr: from the first panic or fatal error on.
std::string_view last_words(std::string_view err) {
  for (std::size_t at = 0; at < err.size();) {
    const std::string_view rest = err.substr(at);
    if (rest.starts_with("panic: ") || rest.starts_with("fatal error: ") || rest.starts_with("SIGQUIT: ")) return rest;
    const std::size_t newline = rest.find('\n');
    if (newline == rest.npos) break;
    at += newline + 1;
  }
  return {};
}

std::string first_line(std::string_view text) { return std::string(trim(text.substr(0, text.find('\n')))); }

bool ran_out_of_time(std::string_view words) { return words.starts_with("panic: test timed out after "); }

Observed without_word(const std::string& why, const Completion& completion) {
  const std::string words = first_line(last_words(completion.err.text));
  Observed observed = observed_without_account(completion);
  if (ran_out_of_time(words)) {
    observed.status = Status::timeout;
    observed.kind = "hang";
    observed.message = words.substr(words.find("test timed"));
  } else if (!words.empty() && exited_with(completion, 2)) {
    observed.status = Status::crash;
    observed.kind = "panic";
    observed.message = words;
  } else if (std::holds_alternative<Exited>(completion.how)) {
    observed.kind = "protocol";
    observed.message = why + "; it " + describe(completion.how);
  }
  return observed;
}

}  // namespace

std::string disagreement(const GoAccount& account, const Completion& completion) {
  if (!account.trouble.empty()) return account.trouble;
  if (completion.out.skipped != 0)
    return "stdout was too long to keep (" + std::to_string(completion.out.skipped) + " bytes left out), so the account has a gap";
  using State = GoTest::State;
  const auto is_open = [](const GoTest& test) { return test.state == State::running || test.state == State::paused; };
  if (std::ranges::any_of(account.tests, is_open)) return account.inside + " did not end";
  const bool failed = std::ranges::any_of(account.tests, [](const GoTest& test) { return test.state == State::fail; });
  switch (account.end) {
    case GoAccount::End::missing: return "the last word PASS or FAIL is missing";
    case GoAccount::End::pass: return !failed && exited_with(completion, 0) ? "" : "the last word is PASS";
    case GoAccount::End::fail: return failed && exited_with(completion, 1) ? "" : "the last word is FAIL";
  }
  return {};
}

Observed observed_go_test(const GoAccount& account, std::size_t which, const Completion&) {
  const GoTest& test = account.tests[which];
  Observed observed;
  observed.duration = test.duration;
  observed.output = test.output;
  observed.message = test.message;
  if (test.state == GoTest::State::pass) {
    observed.status = Status::pass;
    observed.message.clear();
  } else if (test.state == GoTest::State::skip) {
    observed.status = Status::skip;
    observed.kind = "unsupported";
    if (observed.message.empty()) observed.message = "it skipped itself without a reason";
  } else {
    observed.status = Status::fail;
    observed.kind = "wrong-output";
    if (observed.message.empty()) observed.message = "it failed without a word";
  }
  return observed;
}

Observed observed_go_death(const GoAccount& account, const std::string& why, const Completion& completion) {
  Observed observed = without_word(why, completion);
  const auto slash = account.inside.find('/');
  if (slash != std::string::npos && observed.status != Status::infra) observed.message += ", in " + account.inside.substr(slash + 1);
  return observed;
}

}  // namespace xtest
