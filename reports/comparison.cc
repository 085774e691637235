// SPDX-License-Identifier: Apache-2.0
#include "reports/comparison.h"

#include "reports/failure_block.h"
#include "runner/base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace xtest {
namespace {

constexpr std::size_t why_bytes = 160;
constexpr int widest_test = 48, least_column = 10;
const std::string indent = "   ";

using Row = std::vector<std::optional<CaseIx>>;          // the same test, a place for each executor

struct Table {
  std::map<std::string, Row> rows;                       // by suite::group::case, toolchain and options
  std::vector<StatusCounts> counts;                      // by executor
};

Table table_of(const Tally& tally, const std::string& triple, const std::vector<std::string>& executors) {
  Table table;
  table.counts.resize(executors.size());
  for (CaseIx test = 0; test < tally.table().end(); ++test) {
    const auto name = tally.table().find(test);
    if (!name) continue;
    const Stream& stream = tally.table().stream(name->stream);
    const auto executor = std::ranges::find(executors, stream.executor);
    if (stream.target != triple || executor == executors.end()) continue;
    const auto column = static_cast<std::size_t>(executor - executors.begin());
    const std::string options = stream.options == "default" ? "" : " " + stream.options;
    Row& row = table.rows[tally.table().id(test) + " " + stream.toolchain + options];
    row.resize(executors.size());
    row[column] = test;
    ++table.counts[column][tally.status(test)];
  }
  return table;
}

bool is_everywhere(const Row& row) {
  return std::ranges::all_of(row, [](const auto& test) { return test.has_value(); });
}

bool differs(const Tally& tally, const Row& row) {
  return std::ranges::any_of(row, [&](const auto& test) { return tally.status(*test) != tally.status(*row.front()); });
}

// Lines of a first column, one an executor, and a rest.
class Grid {
 public:
  Grid(const std::vector<std::string>& executors, int first) : first_(first) {
    for (const std::string& name : executors) heads_.push_back(safe_text(name));
  }
  std::string head() const { return line("", heads_, ""); }
  std::string line(const std::string& first, const std::vector<std::string>& cells, const std::string& rest) const {
    std::string text = indent + padded(first, first_ + 1);
    for (std::size_t at = 0; at < cells.size(); ++at) text += "  " + padded(cells[at], std::max(least_column, columns(heads_[at])));
    text += "  " + rest;
    return text.substr(0, text.find_last_not_of(' ') + 1) + "\n";
  }

 private:
  static std::string padded(const std::string& text, int width) {
    return text + std::string(static_cast<std::size_t>(std::max(0, width - columns(text))), ' ');
  }
  int first_;
  std::vector<std::string> heads_;
};

std::string count_lines(const Grid& grid, const std::vector<StatusCounts>& executors) {
  std::string text;
  for (std::size_t at = 0; at < status_count; ++at) {
    const auto status = static_cast<Status>(at);
    std::vector<std::string> cells;
    for (const StatusCounts& counts : executors) cells.push_back(std::to_string(counts[status]));
    if (std::ranges::any_of(cells, [](const std::string& cell) { return cell != "0"; }))
      text += grid.line(std::string(to_string(status)), cells, "");
  }
  return text;
}

}  // namespace

std::vector<std::string> targets_of(const RunStarted& run) {
  std::vector<std::string> triples;
  for (const TargetInfo& target : run.targets) {
    if (std::ranges::find(triples, target.triple) == triples.end()) triples.push_back(target.triple);
  }
  return triples;
}

std::vector<std::string> executors_of(const RunStarted& run, const std::string& triple) {
  std::vector<std::string> names;
  for (const StreamInfo& info : run.streams) {
    const std::string& name = info.stream.executor;
    if (info.stream.target == triple && name != "none" && std::ranges::find(names, name) == names.end()) names.push_back(name);
  }
  return names;
}

void Comparison::on(const Event& event) {
  if (const auto* run = std::get_if<RunStarted>(&event.body)) {
    is_needed_ = std::ranges::any_of(run->targets, [&](const TargetInfo& target) {
      return executors_of(*run, target.triple).size() > 1;
    });
  }
  const auto* seen = std::get_if<CaseObserved>(&event.body);
  if (!is_needed_ || !seen || !seen->observed.parent.empty() || !seen->confirmer.empty()) return;
  if (seen->observed.status == Status::pass) why_.erase(seen->test);
  else why_[seen->test] = truncate_middle(seen->observed.message, why_bytes, 0);
}

std::string Comparison::why(const Tally& tally, CaseIx test) const {
  const auto seen = why_.find(test);
  return safe_text(seen == why_.end() || seen->second.empty() ? std::string(tally.reason(test)) : seen->second);
}

std::string Comparison::text(const Tally& tally, const std::string& triple, std::size_t most_lines) const {
  const std::vector<std::string> executors = executors_of(tally.run(), triple);
  if (executors.size() < 2) return {};
  Table table = table_of(tally, triple, executors);
  const std::size_t all = table.rows.size();
  const std::size_t alone = std::erase_if(table.rows, [](const auto& row) { return !is_everywhere(row.second); });
  std::erase_if(table.rows, [&](const auto& row) { return !differs(tally, row.second); });
  int width = least_column;
  for (const auto& [name, row] : table.rows) width = std::min(widest_test, std::max(width, columns(safe_text(name))));
  const Grid grid(executors, width);
  std::string text = grid.head() + count_lines(grid, table.counts);
  text += fmt::format("{}{} of {} tests have another verdict elsewhere{}\n", indent, table.rows.size(), all - alone, table.rows.empty() ? "" : ":");
  std::size_t lines = 0;
  for (const auto& [name, row] : table.rows) {
    if (lines++ == most_lines) break;
    std::vector<std::string> cells;
    for (const auto& test : row) cells.push_back(status_word(tally.status(*test)));
    const auto odd = std::ranges::find_if(row, [&](const auto& test) { return tally.status(*test) != Status::pass; });
    text += grid.line(safe_text(name), cells, odd == row.end() ? "" : why(tally, **odd));
  }
  if (table.rows.size() > most_lines)
    text += fmt::format("{}... and {} more; all of them: xtest show {}\n", indent, table.rows.size() - most_lines, short_run(tally.run().run));
  if (alone > 0) text += fmt::format("{}{} tests were selected on one executor only\n", indent, alone);
  return text;
}

}  // namespace xtest
