// SPDX-License-Identifier: Apache-2.0
// The executor `serial:[USER@]PATH[,BAUD]`: a machine that offers a shell on a serial line, and nothing else.
//
// No network: programs go there as text with checksums, results come as lines of text. One session at a time. A program
// is stopped at its limit by the far side itself; when xtest goes away, it runs on until then.
#pragma once

#include "emulators/executor.h"

#include <optional>

namespace xtest {

// As settings user, path and baud; nothing if it is no such text. Throws Error{usage} for one that begins so and is wrong.
std::optional<ExecutorSpec> serial_spec(const std::string& text);

// Further settings: `password`; `folder`, see sh/script.h.
std::shared_ptr<Executor> make_serial_executor(const Target& target, const ExecutorSpec& spec, const ExecutorContext& context);

}  // namespace xtest
