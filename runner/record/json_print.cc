// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "runner/base/text.h"
#include "runner/record/json.h"

namespace xtest {

namespace {

constexpr std::array<std::string_view, std::variant_size_v<EventBody>> names{
    "run_started",   "resumed",   "unit_listed",  "fact", "session",  "job_started",
    "case_observed", "job_ended", "case_decided", "note", "run_ended"};

constexpr std::size_t kept_end = inline_output / 2;  // of each end, when an output could not be stored

/// Writes the members of one object in the order of its calls; defaults are left out.
class Members {
 public:
  Members(std::string& out, const KeepOutput& keep) : out_(out), keep_(keep) { out_ += '{'; }
  ~Members() { out_ += '}'; }
  Members(const Members&) = delete;
  Members& operator=(const Members&) = delete;

  void key(std::string_view name) {
    if (!first_) out_ += ',';
    first_ = false;
    out_ += '"';
    out_ += name;
    out_ += "\":";
  }
  template <class T>
  void always(std::string_view name, T value) {
    key(name);
    const fmt::format_int digits(value);
    out_.append(digits.data(), digits.size());
  }
  template <class T>
  void number(std::string_view name, T value, T usual = 0) {
    if (value != usual) always(name, value);
  }
  void flag(std::string_view name, bool value, bool usual = false) {
    if (value == usual) return;
    key(name);
    out_ += value ? "true" : "false";
  }
  void text(std::string_view name, std::string_view value) {
    if (value.empty()) return;
    key(name);
    json_quote(out_, value);
  }
  void texts(std::string_view name, const std::vector<std::string>& values) {
    if (values.empty()) return;
    list(name, values, [&](const std::string& value) { json_quote(out_, value); });
  }
  template <class Values, class Each>
  void list(std::string_view name, const Values& values, Each each) {
    key(name);
    out_ += '[';
    bool first = true;
    for (const auto& value : values) {
      if (!first) out_ += ',';
      first = false;
      each(value);
    }
    out_ += ']';
  }
  void map(std::string_view name, const std::map<std::string, std::string>& values) {
    if (!values.empty()) entries(name, values, [&](const std::string& value) { json_quote(out_, value); });
  }
  /// In the order of the keys as they will be read.
  template <class T, class Value>
  void entries(std::string_view name, const std::map<std::string, T>& values, Value print) {
    std::map<std::string, T> sorted;
    for (const auto& [entry, value] : values) sorted.emplace(repair_utf8(entry), value);
    key(name);
    char before = '{';
    for (const auto& [entry, value] : sorted) {
      out_ += before;
      before = ',';
      json_quote(out_, entry);
      out_ += ':';
      print(value);
    }
    out_ += sorted.empty() ? "{}" : "}";
  }
  /// Whether the text went elsewhere, so that offsets into it are still those of its bytes.
  bool output(std::string_view name, std::string_view value) {
    if (!keep_ || value.size() <= inline_output) {
      text(name, value);
      return false;
    }
    const std::string digest = keep_(value);
    if (digest.empty()) {
      text(name, truncate_middle(value, kept_end, kept_end));
      return false;
    }
    key(name);
    out_ += fmt::format(R"({{"output_ref":"{}","bytes":{}}})", digest, value.size());
    return true;
  }
  Members object(std::string_view name) {
    key(name);
    return Members(out_, keep_);
  }
  std::string& out() { return out_; }
  const KeepOutput& keep() const { return keep_; }

 private:
  std::string& out_;
  const KeepOutput& keep_;
  bool first_ = true;
};

void print_stream_end(Members& parent, std::string_view name, const Output& output) {
  if (output.text.empty() && output.total == 0 && output.skipped == 0) return;
  Members members = parent.object(name);
  const std::size_t gap = std::min<std::size_t>(output.head, output.text.size());
  std::uint64_t head = gap;
  if (output.text.size() > inline_output && members.keep()) {
    if (!members.output("text", output.text)) head = std::min<std::uint64_t>(head, inline_output);
  } else {  // repairing bytes moves the gap
    std::string repaired = repair_utf8(std::string_view(output.text).substr(0, gap));
    head = repaired.size();
    repaired += repair_utf8(std::string_view(output.text).substr(gap));
    members.text("text", repaired);
  }
  members.number("head", head);
  members.number("skipped", output.skipped);
  members.number("total", output.total);
}

struct PrintTermination {
  Members& members;
  void operator()(const Exited& how) const { members.always("exited", how.code); }
  void operator()(const Signalled& how) const {
    members.always("signalled", how.number);
    members.text("name", how.name);
  }
  void operator()(const NtException& how) const { members.always("nt_exception", how.code); }
  void operator()(const TimedOut&) const { members.flag("timed_out", true); }
  void operator()(const NotStarted& how) const {
    why("not_started", how.why);
    members.flag("refused", how.refused);
  }
  void operator()(const Lost& how) const {
    why("lost", how.why);
    members.flag("suspect", how.suspect);
  }
  void why(std::string_view name, std::string_view text) const {
    members.key(name);
    json_quote(members.out(), text);
  }
};

void print_usage(Members& parent, const Usage& usage) {
  Members members = parent.object("usage");
  members.number("user_us", usage.user.count());
  members.number("system_us", usage.system.count());
  members.number("wall_us", usage.wall.count());
  members.number("max_rss_kib", usage.max_rss_kib);
}

struct PrintBody {
  Members& m;

  void operator()(const RunStarted& e) const {
    m.always("schema", e.schema);
    m.text("run", e.run);
    m.text("version", e.version);
    m.texts("argv", e.argv);
    m.text("host", e.host);
    m.text("parent", e.parent);
    m.text("partition", e.partition);
    m.list("targets", e.targets, [&](const TargetInfo& target) {
      Members inner(m.out(), m.keep());
      inner.text("triple", target.triple);
      inner.texts("features", target.features);
      inner.text("goal", target.goal);
      inner.text("executor", target.executor);
    });
    m.list("streams", e.streams, [&](const StreamInfo& stream) {
      Members inner(m.out(), m.keep());
      inner.text("stream", stream.stream.to_string());
      inner.text("executor", stream.executor_identity);
      inner.text("toolchain", stream.toolchain_identity);
      inner.text("suite", stream.suite_revision);
      inner.text("confirm", stream.confirm_identity);
    });
    m.map("components", e.components);
    m.text("expectations", e.expectations);
    m.always("jobs", e.jobs);
    m.map("options", e.options);
  }
  void operator()(const Resumed& e) const { m.text("version", e.version); }
  void operator()(const UnitListed& e) const {
    m.always("stream", e.stream);
    m.always("unit", e.unit);
    m.text("name", e.name);
    m.text("source", e.source);
    m.flag("dynamic", e.dynamic);
    m.always("first_case", e.first_case);
    m.list("cases", e.cases, [&](const Case& test) {
      Members inner(m.out(), m.keep());
      inner.text("group", test.group);
      inner.text("name", test.name);
      inner.text("skip", test.skip);
      inner.texts("needs", test.needs);
      inner.text("rung", test.rung);
    });
  }
  void operator()(const FactKnown& e) const {
    m.text("name", e.name);
    m.text("value", e.value);
  }
  void operator()(const SessionChanged& e) const {
    m.text("executor", e.executor);
    m.text("session", e.session);
    m.text("what", e.what);
    m.output("evidence", e.evidence);
  }
  void operator()(const JobStarted& e) const {
    m.always("job", e.job);
    m.text("kind", to_string(e.kind));
    m.text("place", to_string(e.place));
    m.always("unit", e.unit);
    m.list("cases", e.cases, [&](CaseIx test) { m.out() += fmt::format_int(test).c_str(); });
    m.always("attempt", e.attempt);
    m.flag("alone", e.alone);
    m.text("session", e.session);
    m.text("what", e.what);
  }
  void operator()(const CaseObserved& e) const {
    m.always("job", e.job);
    m.always("case", e.test);
    m.always("attempt", e.attempt);
    m.text("confirmer", e.confirmer);
    m.text("status", to_string(e.observed.status));
    m.text("kind", e.observed.kind);
    m.text("message", e.observed.message);
    m.text("signature", e.observed.signature);
    m.text("hint", e.observed.hint);
    m.number("us", e.observed.duration.count());
    m.output("output", e.observed.output);
    m.text("parent", e.observed.parent);
  }
  void operator()(const JobEnded& e) const {
    m.always("job", e.job);
    {
      Members how = m.object("how");
      std::visit(PrintTermination{how}, e.completion.how);
    }
    print_usage(m, e.completion.usage);
    print_stream_end(m, "out", e.completion.out);
    print_stream_end(m, "err", e.completion.err);
    m.texts("strays", e.completion.strays);
    m.text("session", e.completion.session);
    m.output("evidence", e.completion.evidence);
    if (!e.completion.files.empty()) m.list("files", e.completion.files, [&](const ResultFile& file) {
      Members inner(m.out(), m.keep());
      inner.text("name", file.name);
      inner.number("size", file.size);
      inner.text("kept", file.kept);
      inner.text("trouble", file.trouble);
    });
    m.text("cached_from", e.cached_from);
    m.flag("trusted", e.trusted, true);
  }
  void operator()(const CaseDecided& e) const {
    m.always("case", e.test);
    m.text("status", to_string(e.outcome.status));
    m.text("kind", e.outcome.kind);
    m.text("raw", to_string(e.outcome.raw));
    m.text("expectation", e.outcome.expectation);
    m.text("reason", e.outcome.reason);
    m.number("attempts", e.outcome.attempts);
  }
  void operator()(const Note& e) const {
    m.text("area", e.area);
    m.text("text", e.text);
  }
  void operator()(const RunEnded& e) const {
    m.text("reason", e.reason);
    m.entries("counts", e.counts.by_status, [&](std::uint64_t count) { m.out() += fmt::format_int(count).c_str(); });
    m.always("exit_code", e.exit_code);
    m.text("plan_digest", e.plan_digest);
  }
};

}  // namespace

std::string_view event_name(const EventBody& body) { return names.at(body.index()); }

void print_event(std::string& out, const Event& event, const KeepOutput& keep) {
  Members members(out, keep);
  members.always("seq", event.seq);
  members.always("wall", event.wall.count());
  members.always("mono", event.mono.count());
  members.text("event", event_name(event.body));
  std::visit(PrintBody{members}, event.body);
}

}  // namespace xtest
