/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* A pseudo-terminal for one program. Both ends are close-on-exec, `ours` is non-blocking. False: errno says why. */
bool terminal_make(int *ours, int *theirs);

void terminal_resize(int fd, uint32_t rows, uint32_t columns);

/* In the program's process, a session leader by now: its descriptor 0 becomes its controlling terminal. */
void terminal_adopt(void);
