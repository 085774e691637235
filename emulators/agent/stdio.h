/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "emulators/agent/run.h"

/* Makes the pipes or the terminal the request asks for; theirs[] are the child's ends, to be closed afterwards where `made` says so. */
bool stdio_make(struct run *run, int null_fd, int theirs[3], bool made[3]);
