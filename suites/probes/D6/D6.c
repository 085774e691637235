/* SPDX-License-Identifier: Apache-2.0 */
/* D6: _Unwind_Backtrace finds every frame of a known chain of calls, by the start of its function, with no frame
 * pointers. */
#include "../probe.h"

#include <unwind.h>

enum { ROOM = 64 };
struct trace {
    uintptr_t starts[ROOM], addresses[ROOM];
    int count;
};
static struct trace trace;
static _Unwind_Reason_Code ending;
static volatile int one = 1;

static uintptr_t plain(uintptr_t address) {
#ifdef __arm__
    return address & ~(uintptr_t)1; /* the Thumb bit */
#else
    return address;
#endif
}

static _Unwind_Reason_Code on_frame(struct _Unwind_Context* context, void* arg) {
    (void)arg;
    if (trace.count == ROOM) return _URC_END_OF_STACK;
    uintptr_t address = plain((uintptr_t)_Unwind_GetIP(context));
    trace.addresses[trace.count] = address;
#ifdef _WIN32 /* libgcc's region start lags one frame behind there */
    trace.starts[trace.count++] = (uintptr_t)_Unwind_FindEnclosingFunction((void*)(address - 1));
#else
    trace.starts[trace.count++] = plain((uintptr_t)_Unwind_GetRegionStart(context));
#endif
    return _URC_NO_REASON;
}

PROBE_NOINLINE int innermost(int n);
PROBE_NOINLINE int with_locals(int n);
PROBE_NOINLINE int outermost(int n);
int main(void);

int innermost(int n) {
    ending = _Unwind_Backtrace(on_frame, NULL);
    return n + one;
}

int with_locals(int n) {
    volatile char locals[3000]; /* a frame whose size no guess finds */
    locals[n] = (char)one;
    return innermost(n) + locals[n];
}

int outermost(int n) { return with_locals(n + one) + one; }

int main(void) {
    const struct { const char* name; uintptr_t start; } expected[] = {
        {"innermost", plain((uintptr_t)innermost)}, {"with_locals", plain((uintptr_t)with_locals)},
        {"outermost", plain((uintptr_t)outermost)}, {"main", plain((uintptr_t)main)}};
    probe_begin("D6");
    int sum = outermost(one);
    probe_check(sum == 5, "value", "the calls returned %d after the backtrace, expected 5", sum);
    if (!probe_check(trace.count >= 4, "frames", "_Unwind_Backtrace saw %d frames (ended with %d), expected at least 4",
                     trace.count, (int)ending))
        return probe_end();
    probe_check(trace.count < ROOM, "endless", "_Unwind_Backtrace still went on after %d frames", ROOM);
    for (int i = 0; i < 4; i++) {
        probe_check(trace.starts[i] == expected[i].start, "names",
                    "frame %d at %p belongs to the function at %p, expected %s at %p", i, (void*)trace.addresses[i],
                    (void*)trace.starts[i], expected[i].name, (void*)expected[i].start);
        probe_check(trace.addresses[i] > expected[i].start, "addresses",
                    "frame %d has the address %p, before the start of %s at %p", i, (void*)trace.addresses[i],
                    expected[i].name, (void*)expected[i].start);
    }
    return probe_end();
}
