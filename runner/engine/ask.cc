// SPDX-License-Identifier: Apache-2.0
#include "runner/engine/ask.h"

#include "runner/dialects/exit_status.h"

#include <memory>
#include <utility>

namespace xtest {
namespace {

constexpr const char* kFramework = "question";

class AnswerReader final : public Reader {
 public:
  explicit AnswerReader(Answer& answer) : answer_(answer) {}
  void feed(Channel, std::string_view, Observations&) override {}
  bool end(const Completion& completion, Observations& into) override {
    Observed seen = observed_from_exit(completion);
    if (seen.status != Status::infra) {   // any end of its own is an answer
      answer_.completion = completion;
      seen = Observed{};
      seen.status = Status::pass;
    }
    into.observed(0, std::move(seen));
    return true;
  }

 private:
  Answer& answer_;
};

// Each question is a unit of one case; `data` is its number.
class QuestionFramework final : public Framework {
 public:
  QuestionFramework(const std::vector<OpenQuestion>& questions, std::vector<Answer>& answers) : questions_(questions), answers_(answers) {}

  std::string name() const override { return kFramework; }
  std::vector<ExpandedUnit> expand(const Suite&, const View&) const override { return {}; }
  Job execution(const Unit& unit, std::span<const std::size_t>, const std::string&) const override { return questions_[number(unit)].question.job; }
  std::unique_ptr<Reader> reader(const Unit& unit, std::span<const std::size_t>, const std::string&) const override {
    return std::make_unique<AnswerReader>(answers_[number(unit)]);
  }

 private:
  static std::size_t number(const Unit& unit) { return std::stoull(unit.data); }

  const std::vector<OpenQuestion>& questions_;
  std::vector<Answer>& answers_;
};

Plan plan_of(const std::vector<OpenQuestion>& questions, std::span<const PreparedTarget> targets) {
  Plan plan;
  for (std::size_t target = 0; target < targets.size(); ++target) {
    plan.streams.push_back({Stream{targets[target].target.triple, kFramework, "none", "default", targets[target].executor}, "", "", ""});
    plan.stream_target.push_back(target);
  }
  for (std::size_t number = 0; number < questions.size(); ++number) {
    const Question& question = questions[number].question;
    Unit unit;
    unit.stream = static_cast<StreamIx>(questions[number].target);
    unit.name = question.name;
    unit.framework = kFramework;
    unit.data = std::to_string(number);
    unit.builds = question.builds;
    unit.cases.push_back(Case{"question", question.name, "", {}, {}});
    plan.first_case.push_back(static_cast<CaseIx>(number));
    plan.case_unit.push_back(static_cast<UnitIx>(number));
    plan.units.push_back(std::move(unit));
  }
  return plan;
}

// Cases and questions have the same numbers.
struct Listener final : ReportSink {
  Listener(std::vector<Answer>& answers, const std::function<void(std::string_view)>& say) : answers(answers), say(say) {}

  void on(const Event& event) override {
    if (const auto* started = std::get_if<JobStarted>(&event.body); started && say) say(started->what);
    if (const auto* seen = std::get_if<CaseObserved>(&event.body)) last = seen->observed.message;
    const auto* decided = std::get_if<CaseDecided>(&event.body);
    if (!decided) return;
    if (decided->outcome.status == Status::build_fail) answers[decided->test].build_failure = last;
    else if (decided->outcome.status != Status::pass && trouble.empty()) trouble = last;
  }
  std::optional<std::string> close() override { return std::nullopt; }

  std::vector<Answer>& answers;
  const std::function<void(std::string_view)>& say;
  std::string last, trouble;
};

}  // namespace

Task<std::vector<Answer>> ask(AskParts parts, std::vector<OpenQuestion> questions) {
  std::vector<Answer> answers(questions.size());
  const Plan plan = plan_of(questions, parts.targets);
  std::vector<std::unique_ptr<Framework>> frameworks;
  frameworks.push_back(std::make_unique<QuestionFramework>(questions, answers));
  const std::vector<Expectations> none(parts.targets.size());
  Listener listener(answers, parts.say);
  const SystemClock clock;
  Emitter emitter(clock, nullptr, {&listener});
  EngineOptions options;
  options.jobs = parts.jobs;
  const EngineParts engine_parts{plan, parts.targets, std::move(parts.executors), frameworks, none, parts.cache, emitter, parts.work};
  Engine engine(co_await asio::this_coro::executor, engine_parts, options);
  co_await engine.run();
  if (!listener.trouble.empty()) throw Error(ErrorKind::infra, "what a suite has to know before its tests can be listed: " + listener.trouble);
  co_return answers;
}

}  // namespace xtest
