// SPDX-License-Identifier: Apache-2.0
// What xtest itself costs: N made-up cases, one job each, through plan, engine, record, console and JUnit, with an
// executor that does nothing. Prints CPU time per case and the highest resident memory, and fails if a bar is broken.
//
//   engine_bench [N...]        default: 1000 10000 100000
#include "reports/console.h"
#include "reports/junit.h"
#include "reports/summary.h"
#include "runner/engine/engine.h"

#include <fcntl.h>
#include <malloc.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

namespace xtest {
namespace {

constexpr double kMostMicrosACase = 100.0;
constexpr double kMostMib = 200.0;
constexpr double kMostGrowth = 1.5;        // of the time per case, from the smallest to the largest N

class NoopSession final : public Session {
 public:
  std::string name() const override { return "noop#1"; }
  Task<void> stage(std::vector<std::filesystem::path>) override { co_return; }
  Task<Completion> run(RunRequest) override {
    Completion completion;
    completion.how = Exited{0};
    completion.usage.wall = std::chrono::milliseconds(1);
    co_return completion;
  }
  Task<void> close() override { co_return; }
};

class NoopExecutor final : public Executor {
 public:
  std::string name() const override { return "noop"; }
  Task<Availability> available() override { co_return Availability{true, "", ""}; }
  std::string identity() const override { return "noop 1"; }
  std::set<std::string> features() const override { return {}; }
  Capacity capacity() const override { return {}; }
  double slowness() const override { return 1.0; }
  Task<std::unique_ptr<Session>> open() override { co_return std::make_unique<NoopSession>(); }
};

class NoopReader final : public Reader {
 public:
  void feed(Channel, std::string_view, Observations&) override {}
  bool end(const Completion& completion, Observations& into) override {
    Observed pass;
    pass.status = Status::pass;
    pass.duration = completion.usage.wall;
    into.observed(0, std::move(pass));
    return true;
  }
};

class NoopFramework final : public Framework {
 public:
  explicit NoopFramework(std::size_t cases) : cases_(cases) {}
  std::string name() const override { return "noop"; }
  std::vector<ExpandedUnit> expand(const Suite&, const View&) const override {
    std::vector<ExpandedUnit> units(cases_);
    for (std::size_t at = 0; at < cases_; ++at) {
      const std::string file = "case-" + std::to_string(at) + ".c";
      units[at].toolchain = "gcc";
      units[at].executor = "noop";
      units[at].unit.name = file;
      units[at].unit.source = "/suites/made-up/group/" + file;
      units[at].unit.cases.push_back(Case{"group-" + std::to_string(at % 50), file, {}, {}, {}});
    }
    return units;
  }
  Job execution(const Unit& unit, std::span<const std::size_t>, const std::string&) const override {
    Job job;
    job.command.argv = {PathRef{"/run/products/" + unit.name + ".bin"}};
    job.command.limits.wall = std::chrono::seconds(10);
    return job;
  }
  std::unique_ptr<Reader> reader(const Unit&, std::span<const std::size_t>, const std::string&) const override {
    return std::make_unique<NoopReader>();
  }

 private:
  std::size_t cases_;
};

struct Folder {
  Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "xtest-bench-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) throw Error(ErrorKind::output, "cannot make " + pattern);
    path = pattern;
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  std::filesystem::path path;
};

struct TallySink final : ReportSink {
  Tally tally;
  void on(const Event& event) override { tally.on(event); }
  std::optional<std::string> close() override { return std::nullopt; }
};

double cpu_micros() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto micros = [](const timeval& time) { return 1e6 * static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec); };
  return micros(usage.ru_utime) + micros(usage.ru_stime);
}

// The highest resident size since reset_peak().
double peak_mib() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) return std::strtod(line.c_str() + 6, nullptr) / 1024.0;
  }
  return 0;
}

void reset_peak() {
  ::malloc_trim(0);
  std::ofstream("/proc/self/clear_refs") << "5";
}

RunStarted beginning(const Plan& plan, const PreparedTarget& target) {
  RunStarted started;
  started.run = new_ulid();
  started.version = "bench";
  started.argv = {"engine_bench"};
  started.targets.push_back(TargetInfo{target.target.triple, {}, "executed"});
  started.streams = plan.streams;
  return started;
}

void one_run(std::size_t cases, const std::filesystem::path& folder) {
  std::vector<std::unique_ptr<Framework>> frameworks;
  frameworks.push_back(std::make_unique<NoopFramework>(cases));
  std::vector<PreparedTarget> targets(1);
  targets[0].target.triple = "aarch64-unknown-linux-gnu";
  targets[0].executor = "noop";
  targets[0].executor_identity = "noop 1";
  std::vector<Suite> suites;
  suites.push_back(Suite{.name = "made-up", .title = {}, .framework = "noop", .folder = "/suites/made-up", .requires_text = {},
                         .revision = "1", .config = parse_yaml("suite: made-up\n", "suite.yaml")});
  const Selection selection;
  const Plan plan = make_plan(PlanInput{targets, suites, frameworks, selection, {}, folder / "work", "/bin/xtest"});

  const SystemClock clock;
  RecordWriter record = RecordWriter::create(folder / "run");
  const int null = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  TallySink tally;
  ConsoleOptions plain;
  plain.fd = null;
  Console console(plain);
  Junit junit(JunitOptions{.folder = folder / "run" / "junit"});
  Emitter emitter(clock, &record, {&tally, &console, &junit});

  asio::io_context io;
  const std::vector<Expectations> expectations(1);
  EngineOptions options;
  options.jobs = 2;
  options.nonce = "nonce";
  Engine engine(io.get_executor(),
                EngineParts{plan, targets, {std::make_shared<NoopExecutor>()}, frameworks, expectations, nullptr, emitter,
                            folder / "work"},
                options);
  emitter.emit(beginning(plan, targets[0]));
  engine.list();
  asio::co_spawn(io, engine.run(), [](std::exception_ptr error) {
    if (error) std::rethrow_exception(error);
  });
  io.run();
  RunEnded ended{"finished", tally.tally.as_counts(), tally.tally.exit_code("finished"), plan.digest()};
  const bool all_passed = tally.tally.counts()[Status::pass] == cases;
  emitter.emit(std::move(ended));
  record.sync();
  for (const auto& trouble : {console.close(), junit.close(), record.trouble()}) {
    if (trouble) throw Error(ErrorKind::output, *trouble);
  }
  ::close(null);
  if (!all_passed) throw Error(ErrorKind::internal, "not every case passed");
}

int bench(const std::vector<std::size_t>& sizes) {
  bool good = true;
  double first = 0;
  std::printf("%10s %14s %12s\n", "cases", "CPU us/case", "peak MiB");
  for (const std::size_t cases : sizes) {
    const Folder folder;
    reset_peak();
    const double before = cpu_micros();
    one_run(cases, folder.path);
    const double each = (cpu_micros() - before) / static_cast<double>(cases);
    const double peak = peak_mib();
    std::printf("%10zu %14.1f %12.1f\n", cases, each, peak);
    if (first == 0) first = each;
    good = good && each <= kMostMicrosACase && peak <= kMostMib && each <= first * kMostGrowth;
  }
  std::printf("%s: at most %.0f us a case, %.0f MiB, %.1f times the first line's time per case\n", good ? "met" : "NOT MET",
              kMostMicrosACase, kMostMib, kMostGrowth);
  return good ? 0 : 1;
}

}  // namespace
}  // namespace xtest

int main(int argc, char** argv) {
  std::vector<std::size_t> sizes;
  for (int at = 1; at < argc; ++at) sizes.push_back(std::strtoul(argv[at], nullptr, 10));
  if (sizes.empty()) sizes = {1000, 10'000, 100'000};
  if (std::ranges::find(sizes, std::size_t{0}) != sizes.end()) {
    std::fprintf(stderr, "usage: engine_bench [N...]\n");
    return 2;
  }
  try {
    return xtest::bench(sizes);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "engine_bench: %s\n", error.what());
    return 1;
  }
}
