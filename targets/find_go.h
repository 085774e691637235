// SPDX-License-Identifier: Apache-2.0
// Go: one program makes programs for every target that it knows, without the target's C library.
//
// Its caches lie below CACHE/go; modules, downloads and other tool chains are switched off, so that nothing of the
// user's settings or the network changes a build. The io_context thread.
#pragma once

#include "targets/toolchain.h"

namespace xtest {

Task<FoundToolchain> find_go(const Target& target, ToolSearch search);

}  // namespace xtest
