// SPDX-License-Identifier: Apache-2.0
// What main.cc puts together: the frameworks and executors this xtest knows.
#pragma once

#include "emulators/executor.h"
#include "suites/framework.h"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace xtest {

using ExecutorMaker =
    std::function<std::shared_ptr<Executor>(const Target&, const ExecutorSpec&, const ExecutorContext&)>;

struct Registry {
  std::vector<std::unique_ptr<Framework>> frameworks;
  std::map<std::string, ExecutorMaker> executors;
};

}  // namespace xtest
