// SPDX-License-Identifier: Apache-2.0
#include "reports/junit_case.h"

#include "runner/base/text.h"

#include <fmt/format.h>

namespace xtest {
namespace {

std::string message_of(const ResultView& result) {
  const Outcome& outcome = result.outcome;
  std::string happened = what_happened(outcome, result.history);
  if (outcome.status == Status::xfail)
    return "expected failure: " + (outcome.reason.empty() ? happened : outcome.reason);
  if (outcome.status == Status::level) return "not executed here, only " + outcome.kind;
  if (outcome.status == Status::emulator) return "fails on the emulator only: " + happened;
  return happened;
}

std::string verdict_line(const ResultView& result) {
  const std::string kind = result.outcome.kind.empty() ? "" : " (" + result.outcome.kind + ")";
  return fmt::format("{}{}: {}", to_string(result.outcome.status), kind, message_of(result));
}

std::string detail_of(const ResultView& result) {
  const Seen* seen = result.history.deciding(result.outcome);
  std::string text = verdict_line(result) + "\n";
  if (result.outcome.status == Status::xfail && seen) text += "what happened: " + seen->observed.message + "\n";
  const bool is_lie = result.outcome.status == Status::emulator;
  if (!result.outcome.expectation.empty()) text += (is_lie ? "known lie: " : "expectation: ") + result.outcome.expectation + "\n";
  if (seen && !seen->observed.hint.empty()) text += seen->observed.hint + "\n";
  if (seen && !seen->reused_from.empty()) text += "taken over from " + seen->reused_from + "\n";
  if (result.outcome.status != Status::skip && result.outcome.status != Status::not_run) {
    text += "repro: " + repro_command(result.run, result.stream.stream, result.id) + "\n";
  }
  return text;
}

// Jenkins keeps the head and the tail of an output: the verdict stands in both.
std::string output_of(const ResultView& result, bool passed, bool output_of_passes) {
  const Seen* seen = result.history.deciding(result.outcome);
  if (!seen) return {};
  std::string reused = seen->reused_from.empty() ? "" : "[xtest] taken over from " + seen->reused_from + "\n";
  if (passed) return reused + (output_of_passes ? seen->observed.output : "");
  if (seen->observed.output.empty()) return reused;
  const std::string line = "[xtest] " + truncate_middle(verdict_line(result), 384, 64) + "\n";
  const std::string end = seen->observed.output.ends_with('\n') ? "" : "\n";
  return line + reused + truncate_middle(seen->observed.output, 15u << 10, 46u << 10) + end + line;
}

void add_earlier(const ResultView& result, JunitCase& into) {
  const Seen* deciding = result.history.deciding(result.outcome);
  for (const Seen& seen : result.history.attempts) {
    if (&seen == deciding || !seen.confirmer.empty()) continue;
    const bool error = seen.observed.status == Status::infra || seen.observed.status == Status::build_fail;
    into.earlier.push_back({error, junit_type(seen.observed.status, seen.observed.kind),
                            fmt::format("attempt {}: {}", seen.attempt, seen.observed.message), seen.observed.output});
  }
}

}  // namespace

JunitVerdict junit_verdict(Status status, Weight weight) {
  switch (status) {
    case Status::build_fail:
    case Status::infra: return JunitVerdict::error;
    case Status::xpass:
    case Status::flaky: return weight == Weight::bad ? JunitVerdict::failure : JunitVerdict::pass;
    case Status::emulator: return weight == Weight::bad ? JunitVerdict::failure : JunitVerdict::skipped;
    case Status::pass: return JunitVerdict::pass;
    case Status::fail:
    case Status::crash:
    case Status::timeout: return JunitVerdict::failure;
    case Status::xfail:
    case Status::skip:
    case Status::level:
    case Status::not_run: return JunitVerdict::skipped;
  }
  return JunitVerdict::error;
}

std::string junit_type(Status status, const std::string& kind) {
  switch (status) {
    case Status::fail:
    case Status::crash:
    case Status::timeout:
    case Status::build_fail:
    case Status::skip:
    case Status::infra: return fmt::format("xtest.{}", kind.empty() ? to_string(status) : kind);
    default: return fmt::format("xtest.{}", to_string(status));
  }
}

JunitCase junit_case(const JunitContext& context) {
  const ResultView& result = context.result;
  const Outcome& outcome = result.outcome;
  const Seen* seen = result.history.deciding(outcome);
  JunitCase made;
  made.verdict =
      junit_verdict(outcome.status, context.policy.weigh(outcome.status, outcome.kind, result.stream.stream.target));
  if (seen) made.time = seen->observed.duration;
  const bool passed = made.verdict == JunitVerdict::pass;
  if (!passed) {
    made.type = junit_type(outcome.status, outcome.kind);
    made.message = message_of(result);
    made.detail = detail_of(result);
  }
  made.output = output_of(result, passed, context.output_of_passes);
  made.passed_later = outcome.raw == Status::pass;
  add_earlier(result, made);
  return made;
}

}  // namespace xtest
