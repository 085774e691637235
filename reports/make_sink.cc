// SPDX-License-Identifier: Apache-2.0
#include "reports/make_sink.h"

#include "reports/jsonl.h"
#include "reports/junit.h"
#include "reports/list.h"
#include "runner/base/error.h"
#include "runner/base/text.h"

#include <fmt/format.h>

#include <array>

namespace xtest {
namespace {

constexpr std::array<FormatInfo, 4> formats = {{
    {"console", "text for people, as the run showed it at its end", false},
    {"junit", "JUnit XML, one file a stream, for CI systems", true},
    {"jsonl", "JSON lines, one object a case, for programs", false},
    {"list", "the tests by stream", false},
}};

class ListSink final : public ReportSink {
 public:
  explicit ListSink(const SinkOptions& options) : path_(options.path), out_(options.fd, "the list") {}
  void on(const Event& event) override { list_.on(event); }
  std::optional<std::string> close() override {
    if (path_.empty()) {
      out_.write(list_.text());
      return out_.trouble();
    }
    AtomicFile file(path_);
    file.write(list_.text());
    return file.commit();
  }

 private:
  std::filesystem::path path_;
  OutputFd out_;
  TestList list_;
};

[[noreturn]] void unknown_format(std::string_view format) {
  std::vector<std::string> names;
  for (const FormatInfo& known : formats) names.emplace_back(known.name);
  const auto near = nearest(format, names);
  throw Error(ErrorKind::usage, fmt::format("there is no report format \"{}\"", repair_utf8(format)),
              near ? fmt::format("did you mean {}? there are: {}", *near, join(names, ", "))
                   : fmt::format("there are: {}", join(names, ", ")));
}

}  // namespace

std::span<const FormatInfo> report_formats() { return formats; }

std::unique_ptr<ReportSink> make_sink(std::string_view format, const SinkOptions& options) {
  if (format == "console") return std::make_unique<Console>(options.console);
  if (format == "jsonl")
    return std::make_unique<JsonLines>(JsonLinesOptions{options.path, options.fd, options.output_of_passes});
  if (format == "list") return std::make_unique<ListSink>(options);
  if (format != "junit") unknown_format(format);
  if (options.path.empty()) {
    throw Error(ErrorKind::usage, "a JUnit report is a folder of files and cannot go to standard output",
                "name the folder: --junit DIR, or --output DIR");
  }
  return std::make_unique<Junit>(JunitOptions{options.path, options.dialect, options.output_of_passes});
}

}  // namespace xtest
