/* SPDX-License-Identifier: Apache-2.0 */
/* C1: unbounded recursion on the main thread faults in the guard of its own stack, and the handler can prove it. */
#define _GNU_SOURCE 1
#include "../stack.h"
#include "../stack_dig.h"

static char alternate[STACK_ALT];
static struct stack_range range;

STACK_DIG(dig, 512)

static void finish(const struct stack_fault* fault) {
#if defined(__linux__) && !defined(__GLIBC__)
    stack_range_here(&range); /* musl reports the part in use so far, not the limit */
#endif
    probe_check(fault->on_altstack, "altstack", "the handler did not run on the alternate stack");
    probe_check(stack_is_overflow(&range, fault), "guard-missed",
                "fault at %p is not in the guard of the stack %p-%p (guard %zu bytes)", (void*)fault->address,
                (void*)range.low, (void*)range.high, range.guard);
    stack_exit(probe_end());
}

int main(void) {
    size_t budget = (size_t)64 << 20;
    probe_begin("C1");
#ifndef _WIN32
    struct rlimit limit; /* an unlimited stack would eat the machine before it faults */
    if (getrlimit(RLIMIT_STACK, &limit) == 0 && limit.rlim_cur > ((rlim_t)8 << 20)) {
        limit.rlim_cur = (rlim_t)8 << 20;
        setrlimit(RLIMIT_STACK, &limit);
    }
#endif
    if (!probe_check(stack_range_here(&range), "bounds", "the system does not say where the main thread's stack is"))
        return probe_end();
    uintptr_t here = (uintptr_t)&budget;
    probe_check(here > range.low && here < range.high, "bounds",
                "a local variable at %p lies outside the reported stack %p-%p", (void*)here, (void*)range.low,
                (void*)range.high);
    if (!probe_check(stack_watch(alternate, finish), "altstack", "sigaltstack or sigaction failed")) return probe_end();
    dig((uintptr_t)&budget, budget);
    probe_check(0, "no-fault", "recursion used %zu MB of stack without a fault", budget >> 20);
    return probe_end();
}
