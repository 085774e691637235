// SPDX-License-Identifier: Apache-2.0
// The formats of `--format` and `xtest report`: one place that knows them all.
//
// The caller owns the sink, feeds it every event in order and calls close(). A name that is no format is an
// Error{usage} with the nearest one. `fd` is borrowed, a path is written to a temporary file and renamed by close().
#pragma once

#include "reports/console.h"
#include "reports/junit_writer.h"
#include "reports/sink.h"

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace xtest {

struct SinkOptions {
  std::filesystem::path path;                          // junit: a folder; others: a file; empty: `fd`
  int fd = 1;
  JunitDialect dialect = JunitDialect::portable;
  bool output_of_passes = false;
  ConsoleOptions console;                              // for "console"; its own fd is used
};

struct FormatInfo {
  std::string_view name, what;
  bool needs_folder = false;                           // cannot be written to standard output
};

std::span<const FormatInfo> report_formats();          // console, junit, jsonl, list

std::unique_ptr<ReportSink> make_sink(std::string_view format, const SinkOptions& options);

}  // namespace xtest
