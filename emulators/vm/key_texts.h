// SPDX-License-Identifier: Apache-2.0
// An image's keys in texts that a guest reads: @USER_KEY@ (public), @HOST_KEY@ (private, OpenSSH's format),
// @HOST_KEY_PUBLIC@. Lines of a key after its first get the blanks that the line of its mark begins with, as YAML wants it.
#pragma once

#include "emulators/vm/made_image.h"

#include <string>

namespace xtest {

std::string with_keys(const std::string& text, const MadeImage& image);

}  // namespace xtest
