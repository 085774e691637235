/* SPDX-License-Identifier: Apache-2.0 */
/* STACK_DIG(name, bytes) makes a function that overflows the stack: it recurses with frames of `bytes`, touching the
 * low end of each first, until a fault or until `budget` bytes are used. The compiler's stack probes must find the
 * guard before that. Where it can make none (GCC up to 14 on RISC-V), or STACK_STEP is set, the frame is touched page
 * by page from its high end instead. gcc's switch is given here because its Windows port, which always probes, breaks
 * on it. */
#pragma once

#include "probe.h"

#if defined(__riscv) && !defined(STACK_STEP)
#define STACK_STEP 4096
#endif
#if defined(__GNUC__) && !defined(__clang__) && !defined(_WIN32)
#pragma GCC optimize("stack-clash-protection")
#endif
#ifdef STACK_STEP
#define STACK_TOUCH(frame) for (size_t at = sizeof frame; at >= STACK_STEP; at -= STACK_STEP) frame[at - 1] = 1
#else
#define STACK_TOUCH(frame) (void)0
#endif
#define STACK_DIG(name, bytes)                                                  \
    PROBE_UNUSED PROBE_NOINLINE static int name(uintptr_t top, size_t budget) { \
        volatile char frame[bytes];                                             \
        STACK_TOUCH(frame);                                                     \
        frame[0] = 1;                                                           \
        if (top - (uintptr_t)frame > budget) return 0;                          \
        return name(top, budget) + frame[0];                                    \
    }
