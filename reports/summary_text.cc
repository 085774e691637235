// SPDX-License-Identifier: Apache-2.0
#include "reports/summary_text.h"

#include "runner/base/text.h"

#include <fmt/format.h>

#include <algorithm>

namespace xtest {
namespace {

constexpr std::size_t examples = 3, most_groups = 25;

std::string plural(std::uint64_t number, std::string_view word) {
  return fmt::format("{} {}{}", number, word, number == 1 ? "" : "s");
}

std::vector<std::string> targets_of(const Tally& tally) {
  std::vector<std::string> triples = targets_of(tally.run());
  for (const StreamInfo& info : tally.table().streams()) {
    if (std::ranges::find(triples, info.stream.target) == triples.end()) triples.push_back(info.stream.target);
  }
  return triples;
}

std::uint64_t bad_of(const Tally& tally, const std::string& triple) {
  std::uint64_t bad = 0;
  for (const CaseIx test : tally.bad()) {
    if (tally.table().stream(tally.table().find(test)->stream).target == triple) ++bad;
  }
  return bad;
}

std::string heading(const Tally& tally, const std::string& triple, const Paint& paint) {
  const StatusCounts counts = tally.by_target(triple);
  const std::uint64_t bad = bad_of(tally, triple);
  const std::string rung = tally.broken_rung(triple), executors = join(executors_of(tally.run(), triple), ", ");
  const std::uint64_t open = counts[Status::not_run] + counts[Status::infra];
  std::string verdict = paint(Color::green, "ok");
  if (counts.total() == 0) verdict = paint(Color::yellow, "no test was selected");
  else if (!rung.empty())
    verdict = paint(Color::red, fmt::format("{} bad: the rung \"{}\" is broken", bad, safe_text(rung)));
  else if (bad > 0) verdict = paint(Color::red, fmt::format("{} bad", bad));
  else if (open > 0)
    verdict = paint(Color::yellow, fmt::format("no verdict: {} without a result", plural(open, "test")));
  else if (counts[Status::pass] + counts[Status::xfail] + counts[Status::flaky] == 0) {
    verdict = paint(Color::yellow, "nothing was executed");
  }
  return fmt::format("{}{}: {}\n", paint(Color::bold, safe_text(triple)),
                     executors.empty() ? "" : " (" + safe_text(executors) + ")", verdict);
}

std::string group_lines(const Tally& tally, const std::string& triple, Status status, std::string_view title,
                        const BlockStyle& style) {
  const std::vector<ReasonGroup> groups = tally.grouped(triple, status);
  std::string text;
  std::uint64_t sum = 0;
  for (const ReasonGroup& group : groups) sum += group.cases.size();
  if (sum == 0) return text;
  text += fmt::format("   {} {}\n", sum, title);
  for (std::size_t i = 0; i < groups.size() && i < most_groups; ++i) {
    const ReasonGroup& group = groups[i];
    std::vector<std::string> names;
    for (std::size_t n = 0; n < group.cases.size() && n < examples; ++n)
      names.push_back(tally.table().id(group.cases[n]));
    std::string why = group.kind + (group.kind.empty() || group.reason.empty() ? "" : ": ") + group.reason;
    if (why.empty()) why = "no reason is recorded";
    text += wrap(safe_text(fmt::format("{} {} [{}{}]", group.cases.size(), why, join(names, ", "),
                                       group.cases.size() > examples ? ", ..." : "")),
                 style.width, "      ");
  }
  if (groups.size() > most_groups) text += fmt::format("      ... and {} more reasons\n", groups.size() - most_groups);
  return text;
}

std::string target_text(const Tally& tally, const Comparison& comparison, const std::string& triple, const SummaryStyle& whole) {
  const BlockStyle& style = whole.block;
  std::string text = heading(tally, triple, style.paint);
  const std::string ladder = ladder_text(tally.ladder(triple));
  if (!ladder.empty()) text += wrap(safe_text(ladder), style.width, "   ");
  text += wrap(counts_text(tally.by_target(triple)), style.width, "   ");
  text += comparison.text(tally, triple, whole.most_bad);
  text += group_lines(tally, triple, Status::not_run, "NOT RUN:", style);
  text += group_lines(tally, triple, Status::infra, "without a verdict, because of the infrastructure:", style);
  text += group_lines(tally, triple, Status::level, "not executed, only:", style);
  text += group_lines(tally, triple, Status::emulator, "failed on the emulator only:", style);
  text += group_lines(tally, triple, Status::skip, "skipped:", style);
  text += group_lines(tally, triple, Status::xfail, "failed as expected:", style);
  return text;
}

std::string bad_lines(const Tally& tally, const SummaryStyle& style) {
  const std::vector<CaseIx> bad = tally.bad();
  if (bad.empty()) return {};
  std::string text = fmt::format("{}:\n", plural(bad.size(), "bad result"));
  for (std::size_t i = 0; i < bad.size() && i < style.most_bad; ++i) {
    const Stream& stream = tally.table().stream(tally.table().find(bad[i])->stream);
    text += fmt::format("   {:<10} {}  {}  {}\n", status_word(tally.status(bad[i])), safe_text(place_text(tally.run(), stream)),
                        safe_text(tally.table().id(bad[i])), safe_text(tally.kind(bad[i])));
  }
  if (bad.size() > style.most_bad) {
    text += fmt::format("   ... and {} more; all of them: xtest show {}\n", bad.size() - style.most_bad,
                        short_run(tally.run().run));
  }
  return text;
}

std::string work_line(const Tally& tally) {
  const WorkDone& work = tally.work();
  const auto time = std::chrono::duration_cast<std::chrono::milliseconds>(tally.elapsed());
  std::string text = fmt::format("{} in {}", counts_text(tally.counts()), human_duration(time));
  if (work.builds > 0) text += fmt::format("; {} ({} from cache)", plural(work.builds, "build"), work.builds_cached);
  if (work.runs_reused > 0)
    text += fmt::format("; {} of {} runs taken over from earlier ones", work.runs_reused, work.runs);
  if (work.files > 0) text += fmt::format("; {} kept", plural(work.files, "result file"));
  return text;
}

std::string_view meaning(int code) {
  switch (code) {
    case 0: return "ok";
    case 4: return "no test was selected";
    case 5: return "the rerun passed, but other bad results are outstanding";
    case 100: return "there are bad results";
    case 101: return "something did not build";
    case 102: return "some tests have no verdict";
    case 130: return "interrupted";
    default: return "see docs/results.md";
  }
}

std::string ending(const Tally& tally, const SummaryStyle& style) {
  std::string text;
  const Paint& paint = style.block.paint;
  if (tally.incomplete()) {
    const std::uint64_t open = tally.counts()[Status::not_run];
    const std::string reason = tally.ended() ? tally.ended()->reason : "the record has no end";
    text += paint(Color::yellow, fmt::format("INCOMPLETE: {} of {} not run ({})", open,
                                             plural(tally.table().size(), "listed test"), safe_text(reason)));
    text += fmt::format("; xtest resume {}\n", short_run(tally.run().run));
  }
  if (!style.junit.empty()) text += fmt::format("JUnit:  {}\n", safe_text(style.junit));
  if (!style.record.empty()) text += fmt::format("record: {}\n", safe_text(style.record));
  const int code = tally.ended() ? tally.ended()->exit_code : tally.exit_code("error");
  text += paint(code == 0 ? Color::green : Color::red, fmt::format("result: {} (exit code {})", meaning(code), code)) +
          "\n";
  return text;
}

}  // namespace

std::string ladder_text(const std::vector<RungState>& ladder) {
  std::vector<std::string> parts;
  for (const RungState& rung : ladder) {
    std::vector<std::string> states;
    const std::uint64_t ran = rung.ok + rung.bad;
    if (rung.bad > 0) states.push_back(fmt::format("{} FAILED of {}", rung.bad, ran));
    else if (rung.ok > 0) states.push_back(fmt::format("ok {}", rung.ok));
    if (rung.blocked > 0) states.push_back(fmt::format("{} blocked", rung.blocked));
    if (rung.undecided > 0) states.push_back(fmt::format("{} without verdict", rung.undecided));
    if (rung.skipped > 0) states.push_back(fmt::format("{} skipped", rung.skipped));
    parts.push_back(rung.rung + " " + join(states, " + "));
  }
  return join(parts, ", ");
}

std::string counts_text(const StatusCounts& counts) {
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < status_count; ++i) {
    if (counts.by_status[i] > 0)
      parts.push_back(fmt::format("{} {}", counts.by_status[i], to_string(static_cast<Status>(i))));
  }
  return parts.empty() ? "no test" : join(parts, ", ");
}

std::string summary_text(const Tally& tally, const Comparison& comparison, const SummaryStyle& style) {
  std::string text = fmt::format("── run {} ──\n", safe_text(tally.run().run));
  for (const std::string& triple : targets_of(tally)) text += target_text(tally, comparison, triple, style);
  text += bad_lines(tally, style);
  text += wrap(work_line(tally), style.block.width, "");
  if (const std::uint64_t missing = tally.work().files_missing; missing > 0)
    text += fmt::format("{} did not come: xtest show {}::TEST says why\n", plural(missing, "result file"), short_run(tally.run().run));
  return text + ending(tally, style);
}

}  // namespace xtest
