// SPDX-License-Identifier: Apache-2.0
// The `files:` part of a target file: what its ELF or PE files must look like, with the keys of FileExpectation
// (suites/inspect/expectation.h) save those that belong to one artifact (link, language). Big numbers are written 0x...
// Pure; errors are Error{usage} with their place.
#pragma once

#include "runner/base/yaml.h"
#include "suites/inspect/expectation.h"

namespace xtest {

void read_files(const YamlNode& node, FileExpectation& onto);

}  // namespace xtest
