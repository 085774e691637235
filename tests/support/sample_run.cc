// SPDX-License-Identifier: Apache-2.0
#include "tests/support/sample_run.h"

#include <string_view>
#include <utility>

namespace xtest {
using std::string_literals::operator""s;

Observed seen(Status status, std::string kind, std::string message) {
  Observed observed;
  observed.status = status;
  observed.kind = std::move(kind);
  observed.message = std::move(message);
  observed.duration = std::chrono::microseconds(20'000);
  return observed;
}

Outcome outcome(Status status, Status raw, std::string kind, int attempts, std::string reason) {
  Outcome made;
  made.status = status;
  made.raw = raw;
  made.kind = std::move(kind);
  made.attempts = attempts;
  made.reason = std::move(reason);
  return made;
}

Outcome outcome(Status status, std::string kind, int attempts, std::string reason) {
  return outcome(status, status, std::move(kind), attempts, std::move(reason));
}

SampleRun::SampleRun() {
  RunStarted run;
  run.run = "01JD5V8Q2M7W3R9KZX4B6C1D0E";
  run.version = "0.1.0";
  run.argv = {"xtest", "run", "--target", "aarch64-unknown-linux-gnu"};
  run.host = "x86_64 Linux 6.1.0";
  run.targets = {{"aarch64-unknown-linux-gnu", {"elf"}, "executed"}, {"s390x-unknown-linux-gnu", {"elf"}, "executed"}};
  run.streams = {{{"aarch64-unknown-linux-gnu", "probes", "gcc", "default", "qemu-user"},
                  "qemu-aarch64 7.2.17",
                  "gcc 12.2.0",
                  "sha256:11"},
                 {{"aarch64-unknown-linux-gnu", "hello", "gcc", "static", "none"}, "", "gcc 12.2.0", "sha256:22"},
                 {{"s390x-unknown-linux-gnu", "probes", "gcc", "default", "qemu-user"},
                  "qemu-s390x 7.2.17",
                  "gcc 12.2.0",
                  "sha256:11"}};
  run.components = {{"llvm", "4c1f9a3"}};
  run.jobs = 2;
  add(run);
}

void SampleRun::add(EventBody body) {
  Event event;
  event.seq = events.size();
  event.wall = std::chrono::milliseconds(1'763'732'400'000 + 10 * static_cast<std::int64_t>(events.size()));
  event.mono = std::chrono::microseconds(10'000 * static_cast<std::int64_t>(events.size()));
  event.body = std::move(body);
  events.push_back(std::move(event));
}

CaseIx SampleRun::list(StreamIx stream, const std::string& unit, const std::vector<SampleCase>& cases) {
  UnitListed listed;
  listed.stream = stream;
  listed.unit = next_unit_++;
  listed.name = unit;
  listed.source = "suites/probes/" + unit + ".c:12";
  listed.first_case = static_cast<CaseIx>(unit_of_.size());
  for (const SampleCase& sample : cases) {
    Case made;
    made.group = sample.group;
    made.name = sample.name;
    made.rung = sample.rung;
    listed.cases.push_back(made);
    unit_of_.push_back(listed.unit);
  }
  const CaseIx first = listed.first_case;
  add(listed);
  return first;
}

void SampleRun::observe(CaseIx test, int attempt, Observed observed, const std::string& cached_from, bool trusted,
                        const std::string& confirmer) {
  JobStarted started;
  started.job = next_job_++;
  started.unit = unit_of_[test];
  started.cases = {test};
  started.attempt = attempt;
  started.session = "qemu-user-1";
  started.what = "run it";
  add(started);
  add(CaseObserved{started.job, test, attempt, std::move(observed), confirmer});
  JobEnded ended;
  ended.job = started.job;
  ended.completion.how = Exited{0};
  ended.cached_from = cached_from;
  ended.trusted = trusted;
  add(ended);
}

void SampleRun::decide(CaseIx test, Outcome outcome) { add(CaseDecided{test, std::move(outcome)}); }

void SampleRun::pass(CaseIx test) {
  observe(test, 1, seen(Status::pass, "", ""));
  decide(test, outcome(Status::pass, Status::pass, "", 1));
}

void SampleRun::bad(CaseIx test, Observed observed) {
  const Status status = observed.status;
  const std::string kind = observed.kind;
  observe(test, 1, std::move(observed));
  decide(test, outcome(status, status, kind, 1));
}

void SampleRun::skip(CaseIx test, const std::string& kind, const std::string& reason) {
  decide(test, outcome(Status::skip, Status::skip, kind, 0, reason));
}

void SampleRun::end(const std::string& reason, int exit_code) {
  RunEnded ended;
  ended.reason = reason;
  ended.exit_code = exit_code;
  add(ended);
}

void SampleRun::feed(ReportSink& sink) const {
  for (const Event& event : events) sink.on(event);
}

std::string hostile() {
  return "\x1b[31mred\x1b[0m \x1b]0;title\x07 bell\x07 nul\0 end\n"s + "bad \xff\xfe\xc3( \xed\xa0\x80 \xef\xbf\xbe\n" +
         "]]></system-out></testcase><testcase name=\"forged\" classname=\"x\"/>\n" +
         "&#27; &amp; <!DOCTYPE x> \xe2\x80\xae olleh\n" + "\rXTEST-END forged\n";
}

SampleRun every_status() {
  SampleRun run;
  const CaseIx p = run.list(0, "all",
                            {{"A1", "c", "file"},
                             {"B1", "c", "hello"},
                             {"C1", "c", "stack"},
                             {"C2", "c", "stack"},
                             {"D1", "cxx", "unwinding"},
                             {"D6", "c", "unwinding"},
                             {"E1", "c", "threads"},
                             {"E2", "c", "threads"},
                             {"G8", "c", "system"},
                             {"H1", "c", "calls"},
                             {"H2", "c", "calls"},
                             {"J1", "c", ""},
                             {"J1", "rust", ""}});
  const CaseIx h = run.list(1, "hello", {{"static", "c", "hello"}, {"static", "go", "hello"}});
  const CaseIx s = run.list(2, "all", {{"A1", "c", "file"}, {"B1", "c", "hello"}});
  run.pass(p);
  run.observe(p + 1, 1, seen(Status::pass, "", ""), "01JD5QZAAAA");
  run.decide(p + 1, outcome(Status::pass, Status::pass, "", 1));
  Observed crash = seen(Status::crash, "signal", "SIGSEGV (11) at 0x10");
  crash.hint =
      "the guard page below the main thread's stack is missing; usual cause: the kernel maps the stack without "
      "a gap; seen on illumos";
  crash.output = hostile();
  run.bad(p + 2, crash);
  run.bad(p + 3, seen(Status::timeout, "hang", "no end after 10s"));
  run.skip(p + 4, "blocked", "rung stack failed");
  Observed fail = seen(Status::fail, "wrong-output", "expected 3 frames, got 1");
  run.observe(p + 5, 1, fail);
  run.decide(p + 5,
             outcome(Status::xfail, Status::fail, "wrong-output", 1, "no frame pointers (https://example.org/7)"));
  run.observe(p + 6, 1, seen(Status::pass, "", ""));
  run.decide(p + 6, outcome(Status::xpass, Status::pass, "unexpected-pass", 1, "TLS is known to be broken"));
  run.observe(p + 7, 1, fail);
  run.observe(p + 7, 2, seen(Status::pass, "", ""));
  run.decide(p + 7, outcome(Status::flaky, Status::pass, "", 2));
  run.bad(p + 8, fail);
  run.observe(p + 9, 1, seen(Status::infra, "emulator-crash", "qemu: assertion failed"));
  run.decide(p + 9, outcome(Status::infra, Status::infra, "emulator-crash", 1));
  run.observe(p + 10, 1, fail);
  run.decide(p + 10, outcome(Status::emulator, Status::fail, "wrong-output", 1, "passes on hardware"));
  run.bad(p + 11, seen(Status::build_fail, "compile", "cc1: error: no such option"));
  run.skip(p + 12, "unsupported", "requires rust; install it with: xtest doctor --lang rust --install");
  run.decide(h, outcome(Status::level, Status::level, "checked", 1));
  run.skip(h + 1, "unsupported", "requires go; install it with: xtest doctor --lang go --install");
  run.pass(s);
  run.decide(s + 1, outcome(Status::not_run, Status::not_run, "", 0, "cancelled"));
  run.end("fail-fast", 100);
  return run;
}

}  // namespace xtest
