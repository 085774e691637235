// SPDX-License-Identifier: Apache-2.0
// What an Outcome is in JUnit: element, type, message, detail (the table in docs/results.md). Pure.
#pragma once

#include "reports/failure_block.h"
#include "reports/junit_writer.h"
#include "reports/summary.h"

namespace xtest {

struct JunitContext {
  const ResultView& result;
  const Policy& policy;
  bool output_of_passes = false;
};

// Everything but class_name, name and file.
JunitCase junit_case(const JunitContext& context);

JunitVerdict junit_verdict(Status status, Weight weight);
std::string junit_type(Status status, const std::string& kind);   // "xtest.signal"

}  // namespace xtest
