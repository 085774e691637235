// SPDX-License-Identifier: Apache-2.0
#include "suites/go_reader.h"

#include "runner/dialects/exit_status.h"
#include "runner/dialects/test2json.h"

#include <algorithm>
#include <utility>

namespace xtest {
namespace {

class ListReader final : public Reader {
 public:
  void feed(Channel, std::string_view, Observations&) override {}
  bool end(const Completion& completion, Observations& into) override {
    Observed seen = observed_from_exit(completion);
    if (seen.status == Status::pass) {
      seen.status = Status::fail;
      seen.kind = "protocol";
      seen.message = "it listed its tests now, but not before the run, so they were not run";
    } else if (seen.status != Status::infra) {
      seen.message = "its tests could not be listed: " + seen.message;
    }
    into.observed(0, std::move(seen));
    return true;
  }
};

class GoReader final : public Reader {
 public:
  GoReader(const std::vector<std::string>& names, bool marked) : log_(names, marked) {}

  void feed(Channel channel, std::string_view bytes, Observations&) override {
    if (channel == Channel::out) log_.feed(bytes);
  }

  bool end(const Completion& completion, Observations& into) override {
    const GoAccount account = log_.finish();
    std::string why = disagreement(account, completion);
    const bool is_single = account.tests.size() == 1;
    if (is_single && why.empty() && account.tests[0].state == GoTest::State::waiting) why = "it was not run";
    if (is_single && !why.empty()) {
      into.observed(0, observed_go_death(account, why, completion));
      return false;
    }
    const bool trusted = why.empty();
    for (std::size_t which = 0; which < account.tests.size(); ++which) tell(account, which, trusted, completion, into);
    for (const GoSubtest& subtest : account.subtests) tell_subtest(subtest, into);
    return trusted;
  }

 private:
  // A test that panics tells of its end, and then the process dies: the last to end is a suspect, too.
  static bool is_suspect(const GoAccount& account, std::size_t which) {
    const auto is_running = [](const GoTest& test) { return test.state == GoTest::State::running; };
    if (is_running(account.tests[which])) return true;
    return account.last == which && std::ranges::none_of(account.tests, is_running);
  }

  static void tell(const GoAccount& account, std::size_t which, bool trusted, const Completion& completion, Observations& into) {
    const GoTest::State state = account.tests[which].state;
    if (!trusted && is_suspect(account, which)) into.started(which);
    else if (state != GoTest::State::waiting && state != GoTest::State::paused) into.observed(which, observed_go_test(account, which, completion));
  }

  static void tell_subtest(const GoSubtest& subtest, Observations& into) {
    Observed seen;
    seen.status = subtest.status;
    seen.subtest = subtest.name;
    seen.duration = subtest.duration;
    seen.message = subtest.message;
    if (subtest.status == Status::fail) seen.kind = "wrong-output";
    if (subtest.status == Status::skip) seen.kind = "unsupported";
    into.subtest(subtest.test, std::move(seen));
  }

  GoTestLog log_;
};

}  // namespace

std::unique_ptr<Reader> go_reader(std::vector<std::string> names, bool marked) { return std::make_unique<GoReader>(names, marked); }

std::unique_ptr<Reader> go_list_reader() { return std::make_unique<ListReader>(); }

}  // namespace xtest
