// SPDX-License-Identifier: Apache-2.0
#include "reports/junit_writer.h"

#include "runner/base/error.h"
#include "runner/base/text.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <libxml/xmlwriter.h>

#include <algorithm>
#include <array>
#include <cctype>

namespace xtest {
namespace {

constexpr std::size_t message_bytes = 512, output_head = 16u << 10, output_tail = 48u << 10;
constexpr std::size_t attempt_bytes = 4096, most_attempts = 10, detail_bytes = 32u << 10;
constexpr std::array<std::string_view, 4> dialect_names = {"portable", "rich", "ant", "surefire"};

const xmlChar* as_xml(const char* text) { return reinterpret_cast<const xmlChar*>(text); }

void check(int result) {
  if (result < 0) throw Error(ErrorKind::internal, "libxml2 refused to write a JUnit element");
}

// Blanks and line ends as one blank; cut after a whole character.
std::string one_line(std::string_view text) {
  std::string line;
  for (const char c : xml_clean(text.substr(0, 4 * message_bytes))) {
    const bool blank = c == ' ' || c == '\n' || c == '\r' || c == '\t';
    if (!blank) line += c;
    else if (!line.empty() && line.back() != ' ') line += ' ';
  }
  while (!line.empty() && line.back() == ' ') line.pop_back();
  if (line.size() <= message_bytes) return line;
  std::size_t end = message_bytes - 3;
  while (end > 0 && (line[end] & 0xc0) == 0x80) --end;
  return line.substr(0, end) + "...";
}

std::string seconds(std::chrono::microseconds time) {
  const std::int64_t millis = std::max<std::int64_t>(time.count() + 500, 0) / 1000;
  return fmt::format("{}.{:03}", millis / 1000, millis % 1000);
}

std::string timestamp(std::chrono::milliseconds since_epoch) {
  const auto whole = std::chrono::floor<std::chrono::seconds>(since_epoch).count();
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}", fmt::gmtime(static_cast<std::time_t>(whole)));
}

// "dir/name.c:12" -> {"dir/name.c", "12"}
std::pair<std::string, std::string> split_line(const std::string& file) {
  const std::size_t colon = file.rfind(':');
  if (colon == std::string::npos || colon + 1 == file.size()) return {file, ""};
  const std::string line = file.substr(colon + 1);
  if (!std::ranges::all_of(line, [](unsigned char c) { return std::isdigit(c) != 0; })) return {file, ""};
  return {file.substr(0, colon), line};
}

std::string capped_output(const std::string& output) { return truncate_middle(output, output_head, output_tail); }

}  // namespace

std::optional<JunitDialect> dialect_from(std::string_view name) {
  const auto found = std::ranges::find(dialect_names, name);
  if (found == dialect_names.end()) return std::nullopt;
  return static_cast<JunitDialect>(found - dialect_names.begin());
}

std::string_view to_string(JunitDialect dialect) { return dialect_names[static_cast<std::size_t>(dialect)]; }

JunitDialect default_dialect(const std::function<const char*(const char*)>& getenv) {
  for (const char* name : {"GITLAB_CI", "GITHUB_ACTIONS", "CIRCLECI", "BUILDKITE", "TF_BUILD"}) {
    const char* value = getenv(name);
    if (value != nullptr && *value != '\0') return JunitDialect::rich;
  }
  return JunitDialect::portable;
}

class JunitWriter::Xml {
 public:
  Xml()
      : buffer_(xmlBufferCreate(), xmlBufferFree),
        writer_(xmlNewTextWriterMemory(buffer_.get(), 0), xmlFreeTextWriter) {
    if (!buffer_ || !writer_) throw Error(ErrorKind::internal, "no memory for an XML writer");
  }

  void start_document() { raw("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"); }
  void open(const char* name) { check(xmlTextWriterStartElement(writer_.get(), as_xml(name))); }
  void close() { check(xmlTextWriterFullEndElement(writer_.get())); }
  void close_short() { check(xmlTextWriterEndElement(writer_.get())); }
  void attribute(const char* name, std::string_view value) {
    check(xmlTextWriterStartAttribute(writer_.get(), as_xml(name)));
    raw(xml_escape(value, XmlPlace::attribute));
    check(xmlTextWriterEndAttribute(writer_.get()));
  }
  void number(const char* name, std::uint64_t value) { attribute(name, std::to_string(value)); }
  void text(std::string_view text) { raw(xml_escape(text)); }
  void raw(std::string_view bytes) {
    check(xmlTextWriterWriteRawLen(writer_.get(), as_xml(bytes.data()), static_cast<int>(bytes.size())));
  }
  void element(const char* name, std::string_view content) {
    open(name);
    text(content);
    close();
    raw("\n");
  }
  void clear() { xmlBufferEmpty(buffer_.get()); }
  std::string_view bytes() {
    check(xmlTextWriterFlush(writer_.get()));
    return {reinterpret_cast<const char*>(xmlBufferContent(buffer_.get())),
            static_cast<std::size_t>(xmlBufferLength(buffer_.get()))};
  }

 private:
  std::unique_ptr<xmlBuffer, decltype(&xmlBufferFree)> buffer_;
  std::unique_ptr<xmlTextWriter, decltype(&xmlFreeTextWriter)> writer_;
};

JunitWriter::JunitWriter(JunitDialect dialect) : dialect_(dialect), cases_(std::make_unique<Xml>()) {}
JunitWriter::~JunitWriter() = default;

std::string_view JunitWriter::test_case(const JunitCase& what) {
  Xml& xml = *cases_;
  xml.clear();
  xml.open("testcase");
  xml.attribute("name", what.name);
  xml.attribute("classname", what.class_name);
  xml.attribute("time", seconds(what.time));
  if (dialect_ == JunitDialect::rich && !what.file.empty()) {
    const auto [file, line] = split_line(what.file);
    xml.attribute("file", file);
    if (!line.empty()) xml.attribute("line", line);
  }
  const bool with_output = !what.output.empty() && dialect_ != JunitDialect::ant;
  if (dialect_ == JunitDialect::rich) properties(what.properties);
  verdict(what);
  if (dialect_ != JunitDialect::ant) earlier(what);
  if (with_output) xml.element("system-out", capped_output(what.output));
  xml.close_short();
  xml.raw("\n");
  return xml.bytes();
}

void JunitWriter::verdict(const JunitCase& what) {
  if (what.verdict == JunitVerdict::pass) return;
  Xml& xml = *cases_;
  xml.raw("\n");
  xml.open(what.verdict == JunitVerdict::failure ? "failure"
           : what.verdict == JunitVerdict::error ? "error"
                                                 : "skipped");
  xml.attribute("message", one_line(what.message));
  xml.attribute("type", what.type);
  std::string text = truncate_middle(what.detail, detail_bytes / 2, detail_bytes / 2);
  if (dialect_ == JunitDialect::ant && !what.output.empty()) text += "\n" + capped_output(what.output);
  xml.text(text);
  xml.close_short();
  xml.raw("\n");
}

void JunitWriter::earlier(const JunitCase& what) {
  Xml& xml = *cases_;
  for (std::size_t i = 0; i < what.earlier.size() && i < most_attempts; ++i) {
    const JunitAttempt& attempt = what.earlier[i];
    const char* flaky = attempt.error ? "flakyError" : "flakyFailure";
    if (i == 0 && what.verdict == JunitVerdict::pass) xml.raw("\n");
    xml.open(what.passed_later ? flaky : attempt.error ? "rerunError" : "rerunFailure");
    xml.attribute("message", one_line(attempt.message));
    xml.attribute("type", attempt.type);
    const std::string output = truncate_middle(attempt.output, attempt_bytes / 4, attempt_bytes * 3 / 4);
    if (dialect_ == JunitDialect::surefire) {
      xml.element("stackTrace", attempt.message);
      if (!output.empty()) xml.element("system-out", output);
    } else {
      xml.text(output);
    }
    xml.close_short();
    xml.raw("\n");
  }
}

void JunitWriter::properties(const JunitProperties& list) {
  if (list.empty()) return;
  Xml& xml = *cases_;
  xml.raw("\n");
  xml.open("properties");
  for (const auto& [name, value] : list) {
    xml.open("property");
    xml.attribute("name", name);
    xml.attribute("value", value);
    xml.close_short();
  }
  xml.close();
  xml.raw("\n");
}

std::string_view JunitWriter::head(const SuiteHead& suite, const SpoolPart& counts) {
  frame_ = std::make_unique<Xml>();
  Xml& xml = *frame_;
  const auto numbers = [&] {
    xml.number("tests", counts.tests);
    xml.number("failures", counts.failures);
    xml.number("errors", counts.errors);
  };
  xml.start_document();
  if (dialect_ != JunitDialect::surefire) {
    xml.open("testsuites");
    if (dialect_ != JunitDialect::ant) {
      xml.attribute("name", "xtest");
      numbers();
      xml.attribute("time", seconds(counts.time));
    }
    xml.raw("\n");
  }
  xml.open("testsuite");
  xml.attribute("name", suite.name);
  numbers();
  xml.number("skipped", counts.skipped);
  xml.attribute("time", seconds(counts.time));
  xml.attribute("timestamp", timestamp(suite.begun));
  if (dialect_ == JunitDialect::ant) xml.attribute("hostname", "localhost");
  if (dialect_ != JunitDialect::surefire) {
    xml.number("id", suite.id);
    xml.attribute("package", suite.package);
  }
  xml.raw("\n");
  xml.open("properties");
  for (const auto& [name, value] : suite.properties) {
    xml.raw("\n");
    xml.open("property");
    xml.attribute("name", name);
    xml.attribute("value", value);
    xml.close_short();
  }
  xml.raw("\n");
  xml.close();
  xml.raw("\n");
  return xml.bytes();
}

std::string_view JunitWriter::tail() {
  Xml& xml = *frame_;
  xml.clear();
  if (dialect_ == JunitDialect::ant) {
    xml.element("system-out", "");
    xml.element("system-err", "");
  }
  xml.close();
  xml.raw("\n");
  if (dialect_ != JunitDialect::surefire) {
    xml.close();
    xml.raw("\n");
  }
  return xml.bytes();
}

}  // namespace xtest
