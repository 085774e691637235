// SPDX-License-Identifier: Apache-2.0
// Judges of what the test binary of a Go package has said (runner/dialects/test2json.h), for the framework `test2json`.
#pragma once

#include "suites/framework.h"

#include <memory>
#include <string>
#include <vector>

namespace xtest {

// Of these tests; `marked` as of GoTestLog. If the account is not believed, the suspects are the tests that were being executed, or the
// last one that ended.
std::unique_ptr<Reader> go_reader(std::vector<std::string> names, bool marked);

// Of a binary whose tests could not be listed before the run and that is asked once more: never a pass.
std::unique_ptr<Reader> go_list_reader();

}  // namespace xtest
