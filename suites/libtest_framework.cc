// SPDX-License-Identifier: Apache-2.0
#include "suites/libtest_framework.h"

#include "runner/dialects/exit_status.h"
#include "suites/libtest_build.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace xtest {
namespace {

using Json = nlohmann::json;
using std::chrono::milliseconds;

constexpr const char* kListing = "--list";                 // also the name of the case that stands for a crate that cannot be listed
constexpr std::size_t kRoomElf = 256u << 10, kRoomPe = 24u << 10;   // bytes of names on one command line
constexpr std::size_t kListingHead = 32u << 20, kRunHead = 4u << 20, kRunHeadOfTest = 4u << 10;
constexpr std::chrono::minutes kListingLimit{1};

std::string question_name(const Suite& suite, const LibtestCrate& test) { return suite.name + "::" + test.name + "::" + kListing; }

Job listing_of(const std::filesystem::path& program, const std::vector<std::string>& arguments) {
  Job job;
  job.kind = JobKind::list;
  job.place = Place::target;
  job.command.argv = {PathRef{program}};
  job.command.argv.insert(job.command.argv.end(), arguments.begin(), arguments.end());
  job.command.argv.emplace_back(kListing);
  job.command.env = {"RUST_BACKTRACE=0"};
  job.command.limits.wall = kListingLimit;
  job.command.limits.out_head = kListingHead;
  job.inputs = {program};
  return job;
}

LibtestListing listing_from(const Answer& answer) {
  if (!answer.build_failure.empty()) return {{}, answer.build_failure};
  if (!exited_with(answer.completion, 0)) return {{}, "it was asked for its tests and " + describe(answer.completion.how)};
  if (answer.completion.out.skipped > 0) return {{}, "its list of tests is longer than 32 MiB"};
  return read_libtest_list(answer.completion.out.text);
}

ExpandedUnit unit_of(const LibtestCrate& test, const View& view) {
  ExpandedUnit expanded;
  const auto toolchain = view.toolchains.find(Language::rust);
  expanded.toolchain = toolchain == view.toolchains.end() ? "rustc" : toolchain->second.name;
  expanded.executor = view.executor;
  expanded.unit.name = test.name;
  expanded.unit.source = test.root.string();
  expanded.unit.framework = "libtest";
  return expanded;
}

// Of a crate whose tests are not known.
ExpandedUnit unlisted(const LibtestCrate& test, const View& view, std::string skip) {
  ExpandedUnit expanded = unit_of(test, view);
  expanded.unit.cases = {Case{test.name, kListing, std::move(skip), {}, {}}};
  return expanded;
}

Json data_of(const Suite& suite, const LibtestSuite& settings, const std::vector<Job>& builds) {
  return {{"program", builds.back().outputs.front().native()}, {"arguments", settings.arguments}, {"env", settings.env},
          {"limit", suite.limit.count()}, {"job-limit", settings.job_limit.count()}, {"threads", settings.threads},
          {"json", settings.format == LibtestFormat::json}};
}

// The tests of one program, in parts that fit on a command line.
class Parts {
 public:
  Parts(std::vector<std::string> names, const LibtestSuite& settings, const View& view)
      : names_(std::move(names)), room_(view.target.files.format == FileFormat::pe ? kRoomPe : kRoomElf) {
    const auto processes = static_cast<std::size_t>(settings.processes);
    most_ = (names_.size() + processes - 1) / processes;
  }

  std::vector<std::vector<std::string>> make() {
    std::vector<std::vector<std::string>> parts;
    std::size_t used = room_ + 1;
    for (std::string& name : names_) {
      const std::size_t size = name.size() + 1 + sizeof(char*);
      if (used + size > room_ || parts.back().size() >= most_) {
        parts.emplace_back();
        used = 0;
      }
      used += size;
      parts.back().push_back(std::move(name));
    }
    return parts;
  }

 private:
  std::vector<std::string> names_;
  std::size_t room_, most_ = 0;
};

void add_units(const Suite& suite, const LibtestSuite& settings, const LibtestCrate& test, LibtestListing listing, const View& view,
               std::vector<ExpandedUnit>& units) {
  const std::vector<Job> builds = libtest_builds(suite, settings, test, view);
  Json data = data_of(suite, settings, builds);
  data["all"] = listing.names.size();
  if (settings.processes == 1) data["exclusive"] = suite.name + "::" + test.name;
  auto parts = Parts(std::move(listing.names), settings, view).make();
  for (std::size_t part = 0; part < parts.size(); ++part) {
    ExpandedUnit& expanded = units.emplace_back(unit_of(test, view));
    if (parts.size() > 1) expanded.unit.name += " " + std::to_string(part + 1) + "/" + std::to_string(parts.size());
    for (std::string& name : parts[part]) expanded.unit.cases.push_back(Case{test.name, std::move(name), {}, {}, {}});
    expanded.unit.builds = builds;
    expanded.unit.data = data.dump();
  }
}

class RunReader final : public Reader {
 public:
  RunReader(std::vector<std::string> names, LibtestFormat format) : account_(std::move(names)), stream_(LibtestStream::make(format, account_)) {}

  void feed(Channel channel, std::string_view bytes, Observations&) override {
    if (channel == Channel::out) stream_->feed(bytes);
  }

  bool end(const Completion& completion, Observations& into) override {
    stream_->finish();
    const std::string trouble = account_.trouble(completion);
    auto& tests = account_.tests();
    if (!trouble.empty() && tests.size() == 1) {
      into.observed(0, judge_libtest_alone(account_, trouble, completion));
      return true;
    }
    for (std::size_t at = 0; at < tests.size(); ++at) {
      if (tests[at].state == LibtestAccount::State::ended) into.observed(at, std::move(tests[at].observed));
      if (tests[at].state == LibtestAccount::State::running) into.started(at);
    }
    return trouble.empty();
  }

 private:
  LibtestAccount account_;
  std::unique_ptr<LibtestStream> stream_;
};

// It is only ever made where the list could not be had: no end of it is a pass.
class ListingReader final : public Reader {
 public:
  void feed(Channel, std::string_view, Observations&) override {}

  bool end(const Completion& completion, Observations& into) override {
    Observed seen = observed_from_exit(completion);
    if (seen.status == Status::pass) {
      const std::string trouble = listing_from(Answer{completion, {}}).trouble;
      seen.status = Status::fail;
      seen.kind = "protocol";
      seen.message = trouble.empty() ? "its tests could not be listed before, and now they can" : trouble;
    }
    into.observed(0, std::move(seen));
    return true;
  }
};

bool is_listing(const Unit& unit) { return unit.cases.size() == 1 && unit.cases.front().name == kListing; }

milliseconds limit_of(const Json& data, std::size_t cases) {
  const auto one = data.at("limit").get<std::int64_t>(), most = data.at("job-limit").get<std::int64_t>();
  return milliseconds(std::max(one, std::min(one * static_cast<std::int64_t>(cases), most)));
}

}  // namespace

std::vector<Question> LibtestFramework::questions(const Suite& suite, const View& view) const {
  const LibtestSuite settings = read_libtest_suite(suite);
  std::vector<Question> questions;
  if (!why_not_buildable(settings, view).empty()) return questions;
  for (const LibtestCrate& test : settings.tests) {
    Question& question = questions.emplace_back();
    question.name = question_name(suite, test);
    question.builds = libtest_builds(suite, settings, test, view);
    question.job = listing_of(question.builds.back().outputs.front(), settings.arguments);
  }
  return questions;
}

std::vector<ExpandedUnit> LibtestFramework::expand(const Suite& suite, const View& view) const {
  const LibtestSuite settings = read_libtest_suite(suite);
  const std::string skip = why_not_buildable(settings, view);
  std::vector<ExpandedUnit> units;
  for (const LibtestCrate& test : settings.tests) {
    if (!skip.empty()) {
      units.push_back(unlisted(test, view, skip));
      continue;
    }
    LibtestListing listing = listing_from(view.answers.at(question_name(suite, test)));
    if (listing.trouble.empty()) {
      add_units(suite, settings, test, std::move(listing), view, units);
      continue;
    }
    ExpandedUnit& expanded = units.emplace_back(unlisted(test, view, {}));
    expanded.unit.builds = libtest_builds(suite, settings, test, view);
    expanded.unit.data = data_of(suite, settings, expanded.unit.builds).dump();
  }
  return units;
}

Job LibtestFramework::execution(const Unit& unit, std::span<const std::size_t> cases, const std::string&) const {
  const Json data = Json::parse(unit.data);
  const std::filesystem::path program = data.at("program").get<std::string>();
  const auto arguments = data.at("arguments").get<std::vector<std::string>>();
  if (is_listing(unit)) return listing_of(program, arguments);
  Job job;
  job.kind = JobKind::run;
  job.place = Place::target;
  job.inputs = {program};
  job.exclusive = data.value("exclusive", "");
  job.command.env = data.at("env").get<std::vector<std::string>>();
  job.command.limits.wall = limit_of(data, cases.size());
  job.command.limits.out_head = kRunHead + kRunHeadOfTest * cases.size();
  auto& argv = job.command.argv;
  argv = {PathRef{program}};
  if (data.at("json").get<bool>()) argv.insert(argv.end(), {"-Z", "unstable-options", "--format=json", "--report-time"});
  argv.emplace_back("--test-threads=" + std::to_string(data.at("threads").get<int>()));
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  if (cases.size() == data.at("all").get<std::size_t>()) return job;
  argv.insert(argv.end(), {"--exact", "--"});
  for (const std::size_t which : cases) argv.emplace_back(unit.cases[which].name);
  return job;
}

std::unique_ptr<Reader> LibtestFramework::reader(const Unit& unit, std::span<const std::size_t> cases, const std::string&) const {
  if (is_listing(unit)) return std::make_unique<ListingReader>();
  std::vector<std::string> names;
  for (const std::size_t which : cases) names.push_back(unit.cases[which].name);
  return std::make_unique<RunReader>(std::move(names), Json::parse(unit.data).at("json").get<bool>() ? LibtestFormat::json : LibtestFormat::text);
}

}  // namespace xtest
