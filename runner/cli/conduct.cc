// SPDX-License-Identifier: Apache-2.0
#include "runner/cli/conduct.h"

#include "reports/console.h"
#include "reports/junit.h"
#include "reports/make_sink.h"
#include "reports/summary.h"
#include "runner/base/files.h"
#include "runner/base/offload.h"
#include "runner/base/text.h"
#include "runner/cli/calibrate.h"
#include "runner/cli/exit_codes.h"
#include "runner/cli/expect_report.h"
#include "runner/cli/lie_report.h"
#include "runner/cli/second_look.h"
#include "runner/cli/terminal.h"
#include "runner/engine/engine.h"
#include "runner/engine/replay.h"

#include <fmt/chrono.h>
#include <sys/utsname.h>

#include <csignal>
#include <iostream>
#include <utility>

namespace xtest {
namespace {

using std::chrono::duration_cast;
using std::chrono::microseconds;

std::string today() { return fmt::format("{:%Y-%m-%d}", fmt::gmtime(std::chrono::system_clock::now())); }

std::string host_name_free() {
  utsname name{};
  ::uname(&name);
  return std::string(name.machine) + " " + name.sysname + " " + name.release;
}

struct TallySink final : ReportSink {
  Tally tally;
  void on(const Event& event) override { tally.on(event); }
  std::optional<std::string> close() override { return std::nullopt; }
};

// One run in progress. Everything lives as long as run().
class Conductor {
 public:
  Conductor(const Registry& registry, RunContext context, Conduct how, asio::any_io_executor executor)
      : registry_(registry), context_(std::move(context)), how_(std::move(how)), executor_(executor) {
    open_record();
    open_reports();
    emitter_.emplace(clock_, &*record_, sinks());
  }

  Task<int> run() {
    Engine engine(executor_, parts(), engine_options());
    const UnitIx listed = how_.resume.empty() ? begin() : go_on(engine);
    std::exception_ptr trouble;
    try {
      *context_.folders.say = [this](std::string_view line) { emitter_->emit(Note{"vm", std::string(line)}); };
      engine.list(listed);
      watch_signals(engine);
      tick();
      co_await calibrate_all(engine);
      co_await engine.run();
    } catch (const std::exception& error) {
      trouble = std::current_exception();
      emitter_->emit(Note{"engine", std::string("the run was given up: ") + error.what()});
    }
    const int code = co_await close(end(trouble ? "error" : reason(engine)));
    if (trouble) std::rethrow_exception(trouble);
    co_return code;
  }

 private:
  // A signal ends it at once.
  Task<void> calibrate_all(Engine& engine) try {
    for (std::size_t target = 0; target < context_.prepared.size(); ++target) {
      if (context_.prepared[target].target.only_confirms) continue;      // the engine asks when it is needed
      const auto factor = co_await asio::co_spawn(executor_, calibrate_one(target),
                                                  asio::bind_cancellation_slot(calibration_.slot(), asio::use_awaitable));
      if (factor) engine.set_time_factor(target, *factor);
    }
  } catch (const boost::system::system_error&) {
    if (!interrupted_) throw;
  }

  Task<std::optional<double>> calibrate_one(std::size_t target) {
    const Prepared& prepared = context_.prepared[target];
    const auto found = co_await calibrate(prepared, context_.folders, context_.work, cache_ ? &*cache_ : nullptr);
    if (!found) co_return std::nullopt;
    emitter_->emit(FactKnown{"calibration " + prepared.target.target.triple + " " + prepared.target.executor, found->text});
    co_return found->factor;
  }

  EngineParts parts() {
    std::vector<std::shared_ptr<Executor>> executors;
    for (const Prepared& one : context_.prepared) executors.push_back(one.executor);
    if (!context_.options.no_cache) cache_.emplace(context_.folders.cache);
    return EngineParts{context_.plan, context_.targets, std::move(executors), registry_.frameworks,
                       context_.expectations, cache_ ? &*cache_ : nullptr, *emitter_, context_.work,
                       &context_.lies, make_second_look(context_.prepared, record_->folder() / "output", context_.options.trace),
                       [this](std::size_t target) { return calibrate_one(target); }};
  }

  EngineOptions engine_options() const {
    EngineOptions options;
    options.jobs = jobs_of(context_.options);
    const int second_look = context_.options.confirm.empty() ? 0 : 1;   // else what is flaky would be laid on the emulator
    options.retry = RetryPolicy{std::max(context_.options.retries, second_look), context_.options.infra_retries};
    options.max_bad = context_.options.fail_fast ? 1 : context_.options.max_fail;
    RunStarted started;
    started.options = policies();
    options.is_bad = [policy = Policy(started)](Status status) { return policy.weigh(status, "", "") == Weight::bad; };
    options.reuse_results = context_.options.reuse_results;
    options.today = today();
    options.nonce = make_nonce();
    return options;
  }

  std::map<std::string, std::string> policies() const {
    std::map<std::string, std::string> policies{{"xpass", context_.options.xpass},
                                                {"flaky", context_.options.flaky},
                                                {"emulator", context_.options.emulator},
                                                {"retries", std::to_string(context_.options.retries)}};
    if (how_.outstanding > 0) policies["outstanding"] = std::to_string(how_.outstanding);
    return policies;
  }

  std::string expectations() const {
    std::string digests;
    for (const Expectations& lists : context_.expectations) digests += lists.digest().substr(0, 16);
    digests += context_.lies.digest().substr(0, 16);
    return digests;
  }

  void open_record() {
    if (!how_.resume.empty()) {
      record_.emplace(RecordWriter::resume(how_.resume));
    } else {
      record_.emplace(RecordWriter::create(std::filesystem::path(context_.options.runs) / context_.work.filename()));
    }
  }

  void open_reports() {
    ConsoleOptions console = console_options(context_.options.color, context_.options.verbose);
    console.record = record_->folder().string();
    console.junit = (record_->folder() / "junit").string();
    auto owned = std::make_unique<Console>(console);
    console_ = owned.get();
    reports_.push_back(std::move(owned));
    add_report("junit", record_->folder() / "junit");
    if (!context_.options.junit.empty()) add_report("junit", context_.options.junit);
    if (!context_.options.jsonl.empty()) add_report("jsonl", context_.options.jsonl);
  }

  void add_report(const char* format, std::filesystem::path path) {
    SinkOptions options;
    options.path = std::move(path);
    options.dialect = junit_dialect(context_.options.junit_dialect);
    reports_.push_back(make_sink(format, options));
  }

  std::vector<ReportSink*> sinks() {
    std::vector<ReportSink*> all{&tally_, &lies_};
    for (const auto& report : reports_) all.push_back(report.get());
    return all;
  }

  UnitIx begin() {
    RunStarted started;
    started.run = record_->folder().filename().string();
    started.version = XTEST_VERSION;
    started.argv = how_.argv;
    started.host = host_name_free();
    started.parent = how_.parent;
    started.partition = context_.options.partition;
    for (const PreparedTarget& target : context_.targets) {
      if (target.only_confirms) continue;
      started.targets.push_back(TargetInfo{target.target.triple, {target.features.begin(), target.features.end()}, "executed", target.executor});
    }
    started.streams = context_.plan.streams;
    started.jobs = jobs_of(context_.options);
    started.expectations = expectations();
    started.options = policies();
    emitter_->emit(std::move(started));
    return 0;
  }

  // Tells the reports what is in the record already; returns the first unit that was not listed yet.
  UnitIx go_on(Engine& engine) {
    const Replay replay = read_replay(record_->folder());
    refuse_other_plan(replay, context_.plan, expectations());
    for (const Event& event : replay.events) emitter_->retell(event);
    engine.go_on(replay);
    emitter_->emit(Resumed{XTEST_VERSION});
    return replay.units_listed;
  }

  void watch_signals(Engine& engine) {
    signals_.emplace(executor_, SIGINT, SIGTERM, SIGHUP);
    signals_->add(SIGUSR1);
    wait_for_signal(engine);
  }

  void wait_for_signal(Engine& engine) {
    signals_->async_wait([this, &engine](const boost::system::error_code& error, int number) {
      if (error) return;
      if (number == SIGUSR1) {
        write_all(2, console_->running_now());
      } else {
        const bool is_first = !std::exchange(interrupted_, true);
        calibration_.emit(asio::cancellation_type::terminal);
        if (number != SIGINT || !is_first) {
          engine.kill();
        } else {
          write_all(2, "\nxtest: interrupted; waiting for what runs (again: kill it)\n");
          engine.stop();
        }
      }
      wait_for_signal(engine);
    });
  }

  void tick() {
    ticker_.expires_after(std::chrono::milliseconds(100));
    ticker_.async_wait([this](const boost::system::error_code& error) {
      if (error) return;
      console_->tick(duration_cast<microseconds>(clock_.mono() - began_));
      if (++ticks_ % 10 == 0) asio::co_spawn(executor_, sync(), asio::detached);
      tick();
    });
  }

  Task<void> sync() {
    if (syncing_) co_return;
    syncing_ = true;
    auto flush = [this] { record_->sync(); };
    co_await offload_.run(flush);
    syncing_ = false;
  }

  const char* reason(const Engine& engine) const {
    return interrupted_ ? "interrupted" : engine.stopped_by_limit() ? "fail-fast" : "finished";
  }

  int end(const char* reason) {
    ticker_.cancel();
    signals_.reset();
    for (Note& note : lies_.notes()) emitter_->emit(std::move(note));
    for (Note& note : expectation_notes(context_.plan, context_.targets, context_.expectations, today())) emitter_->emit(std::move(note));
    RunEnded ended;
    ended.reason = reason;
    ended.counts = tally_.tally.as_counts();
    ended.exit_code = tally_.tally.exit_code(ended.reason);
    ended.plan_digest = context_.plan.digest();
    const int code = ended.exit_code;
    emitter_->emit(std::move(ended));
    return code;
  }

  Task<int> close(int code) {
    auto flush = [this] { record_->sync(); };
    co_await offload_.run(flush);
    for (const auto& report : reports_) {
      if (const auto trouble = report->close()) {
        std::cerr << "xtest: a report could not be written: " << *trouble << "\n";
        if (code == exit_code::ok) code = exit_code::output;
      }
    }
    if (record_->trouble()) {
      std::cerr << "xtest: the record is not complete: " << *record_->trouble() << "\n";
      if (code == exit_code::ok) code = exit_code::output;
    }
    if (cache_) cache_->prune();
    std::error_code ignored;
    std::filesystem::remove_all(context_.work, ignored);
    co_return code;
  }

  const Registry& registry_;
  RunContext context_;
  Conduct how_;
  asio::any_io_executor executor_;
  SystemClock clock_;
  std::chrono::steady_clock::time_point began_ = clock_.mono();
  std::optional<RecordWriter> record_;
  TallySink tally_;
  LieReport lies_{context_.lies, today()};
  std::vector<std::unique_ptr<ReportSink>> reports_;
  Console* console_ = nullptr;
  std::optional<Emitter> emitter_;
  std::optional<ActionCache> cache_;
  std::optional<asio::signal_set> signals_;
  asio::steady_timer ticker_{executor_};
  asio::cancellation_signal calibration_;
  int ticks_ = 0;
  bool interrupted_ = false;
  bool syncing_ = false;
  Offload offload_;                    // last: its destructor waits for a flush of the record that still runs
};

}  // namespace

Task<int> conduct(const Registry& registry, RunContext context, Conduct how) {
  const auto executor = co_await asio::this_coro::executor;
  Conductor conductor(registry, std::move(context), std::move(how), executor);
  co_return co_await conductor.run();
}

}  // namespace xtest
