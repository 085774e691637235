// SPDX-License-Identifier: Apache-2.0
#include "reports/jsonl.h"

#include "reports/failure_block.h"
#include "runner/base/text.h"

#include <concepts>

namespace xtest {
namespace {

constexpr int schema = 1;
constexpr std::size_t output_head = 16u << 10, output_tail = 48u << 10;

// One JSON object or array, members in the order they are added.
class Json {
 public:
  explicit Json(char open) : text_(1, open), close_(open == '{' ? '}' : ']') {}
  Json& add(const char* key, std::string_view value) { return name(key), json_quote(text_, value), *this; }
  Json& add(const char* key, std::integral auto value) {
    if constexpr (std::same_as<decltype(value), bool>) return raw(key, value ? "true" : "false");
    else return raw(key, std::to_string(value));
  }
  Json& raw(const char* key, std::string_view value) { return name(key), text_ += value, *this; }
  Json& item(std::string_view value) { return comma(), json_quote(text_, value), *this; }
  Json& raw_item(std::string_view value) { return comma(), text_ += value, *this; }
  std::string str() const { return text_ + close_; }

 private:
  void comma() {
    if (text_.size() > 1) text_ += ',';
  }
  void name(const char* key) {
    comma();
    json_quote(text_, key);
    text_ += ':';
  }
  std::string text_;
  char close_;
};

std::string texts(const std::vector<std::string>& list) {
  Json array('[');
  for (const std::string& text : list) array.item(text);
  return array.str();
}

std::string targets(const RunStarted& run) {
  Json array('[');
  for (const TargetInfo& target : run.targets) {
    Json object('{');
    object.add("triple", target.triple).add("executor", target.executor).add("goal", target.goal).raw("features", texts(target.features));
    array.raw_item(object.str());
  }
  return array.str();
}

std::string streams(const RunStarted& run) {
  Json array('[');
  for (const StreamInfo& info : run.streams) {
    Json object('{');
    object.add("stream", info.stream.to_string()).add("executor", info.executor_identity);
    object.add("toolchain", info.toolchain_identity).add("suite_revision", info.suite_revision);
    array.raw_item(object.str());
  }
  return array.str();
}

std::string components(const RunStarted& run) {
  Json object('{');
  for (const auto& [name, revision] : run.components) object.add(name.c_str(), revision);
  return object.str();
}

}  // namespace

JsonLines::JsonLines(JsonLinesOptions options) : options_(std::move(options)), out_(options_.fd, "the JSON lines") {
  if (options_.path.empty()) return;
  trouble_ = make_folder(options_.path.parent_path());
  if (!trouble_) file_ = std::make_unique<AtomicFile>(options_.path);
}

void JsonLines::on(const Event& event) {
  tally_.on(event);
  attempts_.on(event);
  if (const auto* run = std::get_if<RunStarted>(&event.body)) write_run(*run);
  const auto* decided = std::get_if<CaseDecided>(&event.body);
  if (!decided || !tally_.table().find(decided->test)) return;
  const History history = attempts_.take(decided->test);
  not_run_.erase(decided->test);
  if (decided->outcome.status == Status::not_run) not_run_[decided->test] = decided->outcome.reason;
  else write_case(decided->test, decided->outcome, history);
}

void JsonLines::write_run(const RunStarted& run) {
  Json object('{');
  object.add("type", "run").add("schema", schema).add("run", run.run).add("version", run.version);
  object.add("host", run.host).add("parent", run.parent).add("partition", run.partition);
  object.raw("argv", texts(run.argv)).raw("targets", targets(run)).raw("streams", streams(run));
  object.raw("components", components(run));
  line(object.str());
}

void JsonLines::write_case(CaseIx test, const Outcome& outcome, const History& history) {
  const CaseName name = *tally_.table().find(test);
  const Seen* deciding = history.deciding(outcome);
  const Seen seen = deciding ? *deciding : Seen{};
  const bool with_output = outcome.status != Status::pass || options_.output_of_passes;
  Json object('{');
  object.add("type", "case").add("stream", tally_.table().stream(name.stream).to_string());
  object.add("test", tally_.table().id(test)).add("status", to_string(outcome.status)).add("kind", outcome.kind);
  object.add("raw", to_string(outcome.raw)).add("message", seen.observed.message).add("reason", outcome.reason);
  object.add("signature", seen.observed.signature).add("hint", seen.observed.hint);
  object.add("expectation", outcome.expectation).add("rung", name.rung).add("source", name.source);
  object.add("attempts", outcome.attempts).add("duration_us", seen.observed.duration.count());
  object.add("reused_from", seen.reused_from);
  object.add("output", with_output ? truncate_middle(seen.observed.output, output_head, output_tail) : std::string());
  line(object.str());
}

void JsonLines::write_summary() {
  Json counts('{');
  for (const auto& [status, number] : tally_.as_counts().by_status) counts.add(status.c_str(), number);
  Json object('{');
  object.add("type", "summary").add("reason", tally_.ended() ? tally_.ended()->reason : "no end recorded");
  object.add("listed", tally_.table().size()).raw("counts", counts.str()).add("incomplete", tally_.incomplete());
  object.add("exit_code", tally_.ended() ? tally_.ended()->exit_code : tally_.exit_code("error"));
  line(object.str());
}

std::optional<std::string> JsonLines::close() {
  if (closed_) return trouble_;
  closed_ = true;
  for (CaseIx test = 0; test < tally_.table().end(); ++test) {
    if (!tally_.table().find(test) || tally_.status(test) != Status::not_run) continue;
    Outcome outcome;
    if (const auto decided = not_run_.find(test); decided != not_run_.end()) outcome.reason = decided->second;
    write_case(test, outcome, attempts_.take(test));
  }
  write_summary();
  if (file_ && !trouble_) trouble_ = file_->commit();
  if (!trouble_) trouble_ = out_.trouble();
  return trouble_;
}

void JsonLines::line(const std::string& text) {
  if (file_) file_->write(text + "\n");
  else if (!trouble_) out_.write(text + "\n");
}

}  // namespace xtest
