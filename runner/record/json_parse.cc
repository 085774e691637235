// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>

#include "runner/record/json.h"

namespace xtest {

namespace {

using nlohmann::json;

/// What is wrong with a line; never leaves this file.
struct Malformed : std::runtime_error {
  using std::runtime_error::runtime_error;
};

template <class T>
T as_number(const json& value, std::string_view name) {
  const auto refuse = [&] { return Malformed(fmt::format("\"{}\" is no number of its range", name)); };
  if (value.is_number_unsigned()) {
    const auto number = value.get<std::uint64_t>();
    if (!std::in_range<T>(number)) throw refuse();
    return static_cast<T>(number);
  }
  if (!value.is_number_integer()) throw refuse();
  const auto number = value.get<std::int64_t>();
  if (!std::in_range<T>(number)) throw refuse();
  return static_cast<T>(number);
}

const std::string& as_text(const json& value, std::string_view name) {
  const auto* text = value.get_ptr<const std::string*>();
  if (text == nullptr) throw Malformed(fmt::format("\"{}\" is no text", name));
  return *text;
}

bool is_digest(std::string_view text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == text.npos;
}

/// Reads the members of one object; what is absent is its default.
class Fields {
 public:
  Fields(const json& object, const FetchOutput& fetch, std::string_view name) : object_(object), fetch_(fetch) {
    if (!object.is_object()) throw Malformed(fmt::format("{} is no object", name));
  }

  const json* find(std::string_view name) const {
    const auto found = object_.find(name);
    return found == object_.end() ? nullptr : &*found;
  }
  const json& at(std::string_view name) const {
    const json* value = find(name);
    if (value == nullptr) throw Malformed(fmt::format("\"{}\" is missing", name));
    return *value;
  }
  bool has(std::string_view name) const { return find(name) != nullptr; }

  std::string text(std::string_view name) const {
    const json* value = find(name);
    return value == nullptr ? std::string() : as_text(*value, name);
  }
  template <class T>
  T number(std::string_view name, T usual = 0) const {
    const json* value = find(name);
    return value == nullptr ? usual : as_number<T>(*value, name);
  }
  template <class T>
  T needed(std::string_view name) const {
    return as_number<T>(at(name), name);
  }
  bool flag(std::string_view name, bool usual = false) const {
    const json* value = find(name);
    if (value == nullptr) return usual;
    if (!value->is_boolean()) throw Malformed(fmt::format("\"{}\" is neither true nor false", name));
    return value->get<bool>();
  }
  template <class Enum, class From>
  Enum choice(std::string_view name, From from) const {
    const std::string& word = as_text(at(name), name);
    const std::optional<Enum> value = from(word);
    if (!value) throw Malformed(fmt::format("\"{}\" has the unknown value \"{}\"", name, word));
    return *value;
  }
  template <class Each>
  void each(std::string_view name, Each take) const {
    const json* value = find(name);
    if (value == nullptr) return;
    if (!value->is_array()) throw Malformed(fmt::format("\"{}\" is no list", name));
    for (const json& element : *value) take(element);
  }
  std::vector<std::string> texts(std::string_view name) const {
    std::vector<std::string> out;
    each(name, [&](const json& element) { out.push_back(as_text(element, name)); });
    return out;
  }
  template <class T, class Read>
  std::map<std::string, T> map(std::string_view name, Read read) const {
    std::map<std::string, T> out;
    const json* value = find(name);
    if (value == nullptr) return out;
    if (!value->is_object()) throw Malformed(fmt::format("\"{}\" is no object", name));
    for (const auto& [key, element] : value->items()) out.emplace(key, read(element, key));
    return out;
  }
  std::string output(std::string_view name) const {
    const json* value = find(name);
    if (value == nullptr || value->is_string()) return text(name);
    const Fields reference(*value, fetch_, name);
    const std::string digest = reference.text("output_ref");
    if (!is_digest(digest)) throw Malformed(fmt::format("\"{}\" refers to no output", name));
    const auto bytes = reference.needed<std::uint64_t>("bytes");
    return fetch_ ? fetch_(digest, bytes) : missing_output(digest, bytes);
  }
  Fields object(std::string_view name) const { return Fields(at(name), fetch_, name); }
  Fields element(const json& value, std::string_view name) const { return Fields(value, fetch_, name); }

 private:
  const json& object_;
  const FetchOutput& fetch_;
};

std::map<std::string, std::string> text_map(const Fields& fields, std::string_view name) {
  return fields.map<std::string>(name, [](const json& value, std::string_view key) { return as_text(value, key); });
}

EventBody run_started(const Fields& fields) {
  RunStarted out;
  out.schema = fields.needed<int>("schema");
  if (out.schema > record_schema)
    throw Malformed(
        fmt::format("a newer xtest wrote this record (schema {}, this one reads {})", out.schema, record_schema));
  out.run = fields.text("run");
  out.version = fields.text("version");
  out.argv = fields.texts("argv");
  out.host = fields.text("host");
  out.parent = fields.text("parent");
  out.partition = fields.text("partition");
  fields.each("targets", [&](const json& value) {
    const Fields target = fields.element(value, "a target");
    out.targets.push_back({target.text("triple"), target.texts("features"), target.text("goal"), target.text("executor")});
  });
  fields.each("streams", [&](const json& value) {
    const Fields stream = fields.element(value, "a stream");
    auto parsed = Stream::parse(stream.text("stream"));
    if (!parsed) throw Malformed(fmt::format("\"{}\": {}", stream.text("stream"), parsed.error()));
    out.streams.push_back(
        {*std::move(parsed), stream.text("executor"), stream.text("toolchain"), stream.text("suite"), stream.text("confirm")});
  });
  out.components = text_map(fields, "components");
  out.expectations = fields.text("expectations");
  out.jobs = fields.number<int>("jobs", 1);
  out.options = text_map(fields, "options");
  return out;
}

EventBody resumed(const Fields& fields) { return Resumed{fields.text("version")}; }

EventBody unit_listed(const Fields& fields) {
  UnitListed out;
  out.stream = fields.needed<StreamIx>("stream");
  out.unit = fields.needed<UnitIx>("unit");
  out.name = fields.text("name");
  out.source = fields.text("source");
  out.dynamic = fields.flag("dynamic");
  out.first_case = fields.needed<CaseIx>("first_case");
  fields.each("cases", [&](const json& value) {
    const Fields test = fields.element(value, "a case");
    out.cases.push_back(
        {test.text("group"), test.text("name"), test.text("skip"), test.texts("needs"), test.text("rung")});
  });
  return out;
}

EventBody fact(const Fields& fields) { return FactKnown{fields.text("name"), fields.text("value")}; }

EventBody session(const Fields& fields) {
  return SessionChanged{fields.text("executor"), fields.text("session"), fields.text("what"),
                        fields.output("evidence")};
}

EventBody job_started(const Fields& fields) {
  JobStarted out;
  out.job = fields.needed<JobId>("job");
  out.kind = fields.choice<JobKind>("kind", job_kind_from);
  out.place = fields.choice<Place>("place", place_from);
  out.unit = fields.needed<UnitIx>("unit");
  fields.each("cases", [&](const json& value) { out.cases.push_back(as_number<CaseIx>(value, "cases")); });
  out.attempt = fields.needed<int>("attempt");
  out.alone = fields.flag("alone");
  out.session = fields.text("session");
  out.what = fields.text("what");
  return out;
}

EventBody case_observed(const Fields& fields) {
  CaseObserved out;
  out.job = fields.needed<JobId>("job");
  out.test = fields.needed<CaseIx>("case");
  out.attempt = fields.needed<int>("attempt");
  out.confirmer = fields.text("confirmer");
  out.observed.status = fields.choice<Status>("status", status_from);
  out.observed.kind = fields.text("kind");
  out.observed.message = fields.text("message");
  out.observed.signature = fields.text("signature");
  out.observed.hint = fields.text("hint");
  out.observed.duration = std::chrono::microseconds(fields.number<std::int64_t>("us"));
  out.observed.output = fields.output("output");
  out.observed.parent = fields.text("parent");
  return out;
}

Termination termination(const Fields& how) {
  if (how.has("exited")) return Exited{how.needed<int>("exited")};
  if (how.has("signalled")) return Signalled{how.needed<int>("signalled"), how.text("name")};
  if (how.has("nt_exception")) return NtException{how.needed<std::uint32_t>("nt_exception")};
  if (how.flag("timed_out")) return TimedOut{};
  if (how.has("not_started")) return NotStarted{how.text("not_started"), how.flag("refused")};
  if (how.has("lost")) return Lost{how.text("lost"), how.flag("suspect")};
  throw Malformed("\"how\" names no ending that is known");
}

Usage usage(const Fields& fields) {
  const auto time = [&](std::string_view name) { return std::chrono::microseconds(fields.number<std::int64_t>(name)); };
  return {time("user_us"), time("system_us"), time("wall_us"), fields.number<std::int64_t>("max_rss_kib")};
}

Output stream_end(const Fields& parent, std::string_view name) {
  if (!parent.has(name)) return {};
  const Fields fields = parent.object(name);
  Output out;
  out.text = fields.output("text");
  out.skipped = fields.number<std::uint64_t>("skipped");
  out.total = fields.number<std::uint64_t>("total");
  out.head = fields.number<std::uint64_t>("head");
  return out;
}

EventBody job_ended(const Fields& fields) {
  JobEnded out;
  out.job = fields.needed<JobId>("job");
  out.completion.how = termination(fields.object("how"));
  out.completion.usage = usage(fields.object("usage"));
  out.completion.out = stream_end(fields, "out");
  out.completion.err = stream_end(fields, "err");
  out.completion.strays = fields.texts("strays");
  out.completion.session = fields.text("session");
  out.completion.evidence = fields.output("evidence");
  fields.each("files", [&](const json& value) {
    const Fields file = fields.element(value, "a file");
    if (file.has("kept") && !is_digest(file.text("kept"))) throw Malformed("\"kept\" refers to no file");
    out.completion.files.push_back({file.text("name"), file.number<std::uint64_t>("size"), {}, file.text("kept"), file.text("trouble")});
  });
  out.cached_from = fields.text("cached_from");
  out.trusted = fields.flag("trusted", true);
  return out;
}

EventBody case_decided(const Fields& fields) {
  CaseDecided out;
  out.test = fields.needed<CaseIx>("case");
  out.outcome.status = fields.choice<Status>("status", status_from);
  out.outcome.kind = fields.text("kind");
  out.outcome.raw = fields.choice<Status>("raw", status_from);
  out.outcome.expectation = fields.text("expectation");
  out.outcome.reason = fields.text("reason");
  out.outcome.attempts = fields.number<int>("attempts");
  return out;
}

EventBody note(const Fields& fields) { return Note{fields.text("area"), fields.text("text")}; }

EventBody run_ended(const Fields& fields) {
  RunEnded out;
  out.reason = fields.text("reason");
  out.counts.by_status = fields.map<std::uint64_t>("counts", as_number<std::uint64_t>);
  out.exit_code = fields.needed<int>("exit_code");
  out.plan_digest = fields.text("plan_digest");
  return out;
}

using ReadBody = EventBody (*)(const Fields&);
constexpr std::array<std::pair<std::string_view, ReadBody>, std::variant_size_v<EventBody>> readers{{
    {"run_started", run_started},
    {"resumed", resumed},
    {"unit_listed", unit_listed},
    {"fact", fact},
    {"session", session},
    {"job_started", job_started},
    {"case_observed", case_observed},
    {"job_ended", job_ended},
    {"case_decided", case_decided},
    {"note", note},
    {"run_ended", run_ended},
}};

}  // namespace

std::string missing_output(std::string_view digest, std::uint64_t bytes) {
  return fmt::format("[{} bytes of output are missing: output/{}]", bytes, digest);
}

std::optional<std::uint64_t> sequence_of(std::string_view line) {
  const json document = json::parse(line.begin(), line.end(), nullptr, false);
  if (!document.is_object()) return std::nullopt;
  const auto seq = document.find("seq");
  if (seq == document.end() || !seq->is_number_unsigned()) return std::nullopt;
  return seq->get<std::uint64_t>();
}

std::expected<Event, std::string> parse_event(std::string_view line, const FetchOutput& fetch) {
  try {
    const json document = json::parse(line.begin(), line.end(), nullptr, false);
    if (document.is_discarded()) return std::unexpected("it is no JSON");
    const Fields fields(document, fetch, "the line");
    Event event;
    event.seq = fields.needed<std::uint64_t>("seq");
    event.wall = std::chrono::milliseconds(fields.number<std::int64_t>("wall"));
    event.mono = std::chrono::microseconds(fields.number<std::int64_t>("mono"));
    const std::string kind = fields.text("event");
    const auto reader = std::ranges::find(readers, kind, [](const auto& entry) { return entry.first; });
    if (reader == readers.end())
      return std::unexpected(fmt::format("unknown event kind \"{}\", perhaps of a newer xtest", kind));
    event.body = reader->second(fields);
    return event;
  } catch (const Malformed& malformed) {
    return std::unexpected(malformed.what());
  }
}

}  // namespace xtest
