// SPDX-License-Identifier: Apache-2.0
// libtest's JSON: objects that begin with `{ "type": "`, one a line.
#include "runner/dialects/libtest.h"

#include <nlohmann/json.hpp>

#include <cmath>

namespace xtest {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kMark = "{ \"type\": \"";

// Length of the object that `text` begins with; 0 if it does not end there.
std::size_t object_length(std::string_view text) {
  int depth = 0;
  bool quoted = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (quoted && c == '\\') ++at;
    else if (c == '"') quoted = !quoted;
    else if (!quoted && c == '{') ++depth;
    else if (!quoted && c == '}' && --depth == 0) return at + 1;
  }
  return 0;
}

std::string text_of(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

std::optional<std::uint64_t> count_of(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number_unsigned() ? std::optional(found->get<std::uint64_t>()) : std::nullopt;
}

std::chrono::microseconds time_of(const Json& object) {
  const auto found = object.find("exec_time");
  if (found == object.end() || !found->is_number()) return {};
  const double seconds = found->get<double>();
  return seconds > 0 && seconds < 1e6 ? std::chrono::microseconds(std::llround(seconds * 1e6)) : std::chrono::microseconds{};
}

std::string one_line(std::string text) {
  for (char& c : text) c = c == '\n' ? ' ' : c;
  return text;
}

Observed failure(const Json& object) {
  Observed seen;
  seen.status = Status::fail;
  seen.kind = "wrong-output";
  for (const char* key : {"message", "reason"}) {
    if (seen.message.empty()) seen.message = one_line(text_of(object, key));
  }
  if (seen.message.empty()) seen.message = libtest_panic(text_of(object, "stdout"));
  if (seen.message.empty()) seen.message = "failed without a panic";
  return seen;
}

class JsonStream final : public LibtestStream {
 public:
  explicit JsonStream(LibtestAccount& account) : LibtestStream(account) {}

 private:
  void line(std::string_view text, bool) override {
    while (!text.empty()) {
      const std::size_t mark = text.find(kMark);
      account_.prints(text.substr(0, mark));
      if (mark == std::string_view::npos) return;
      text.remove_prefix(mark);
      const std::size_t length = object_length(text);
      if (length == 0) return account_.blame("a line of it is cut off");
      object(text.substr(0, length));
      text.remove_prefix(length);
      if (text == "\n" || text == "\r\n") return;
    }
  }

  void object(std::string_view text) {
    const Json object = Json::parse(text, nullptr, false);
    if (object.is_discarded()) return account_.blame("a line of it is no JSON");
    const std::string type = text_of(object, "type");
    if (type == "suite") suite(object);
    else if (type == "test") test(object);
    else if (type == "bench") account_.measured(text_of(object, "name"));
    else if (type != "report") account_.prints(text);
  }

  void suite(const Json& object) {
    const std::string event = text_of(object, "event");
    if (event == "started") {
      const auto count = count_of(object, "test_count");
      return count ? account_.suite_begins(*count) : account_.blame("its tests begin without their number");
    }
    if (event != "ok" && event != "failed") return account_.blame("its tests have an event that means nothing: '" + event + "'");
    const auto passed = count_of(object, "passed"), failed = count_of(object, "failed");
    const auto ignored = count_of(object, "ignored"), measured = count_of(object, "measured");
    if (!passed || !failed || !ignored || !measured) return account_.blame("its end lacks the counts");
    if ((event == "ok") != (*failed == 0)) account_.blame("its end contradicts itself");
    account_.suite_ends({*passed, *failed, *ignored, *measured});
  }

  void test(const Json& object) {
    const std::string event = text_of(object, "event"), name = text_of(object, "name");
    if (event == "started") return account_.begins(name);
    if (event == "timeout") return;   // it takes long, and goes on
    Observed seen;
    if (event == "ok") {
      seen.status = Status::pass;
    } else if (event == "ignored") {
      const std::string why = one_line(text_of(object, "message"));
      seen.status = Status::skip;
      seen.kind = "unsupported";
      seen.message = why.empty() ? "ignored by the suite" : "ignored by the suite: " + why;
    } else if (event == "failed") {
      seen = failure(object);
    } else {
      return account_.blame("a test has an event that means nothing: '" + event + "'");
    }
    seen.duration = time_of(object);
    seen.output = text_of(object, "stdout");
    account_.ends(name, std::move(seen));
  }
};

}  // namespace

std::unique_ptr<LibtestStream> make_libtest_json(LibtestAccount& account) { return std::make_unique<JsonStream>(account); }

}  // namespace xtest
