/* SPDX-License-Identifier: Apache-2.0 */
/* The system's header, with the number that getrandom has on another architecture. */
#include_next <sys/syscall.h>
#include "../wrong.h"
