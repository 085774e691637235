// SPDX-License-Identifier: Apache-2.0
// The executor `wine`: Windows programs on Linux.
//
// One prefix and one persistent wineserver a session, both from a template made once per Wine version (parallel first
// use races, and a first start costs seconds). A small launcher of ours, cross-built with mingw-w64 when it is first
// needed, reports 32-bit exit codes and exception codes out of band; without its word a run is lost, never passed. The
// template is shared read-only by links; registry files are copied.
#pragma once

#include "emulators/executor.h"

namespace xtest {

std::shared_ptr<Executor> make_wine_executor(const Target& target, const ExecutorSpec& spec,
                                             const ExecutorContext& context);

}  // namespace xtest
