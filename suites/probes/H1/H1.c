/* SPDX-License-Identifier: Apache-2.0 */
/* H1, the caller: structures of 1 to 64 bytes, of integers, floats and both, go by value through a call and back. */
#include "H1.h"
#include "../probe.h"

#ifdef __cplusplus
static void classes();
#endif

static void judge(const char* name, size_t size, int right_back) {
    probe_check(!(h1_wrong & 1), "scalars",
                "beside a struct %s of %zu bytes the int, double or long long arguments arrived wrong", name, size);
    probe_check(!(h1_wrong & 6), "struct-arg", "a struct %s of %zu bytes arrived wrong as %s argument", name, size,
                (h1_wrong & 6) == 6 ? "first and second" : (h1_wrong & 2) ? "first" : "second");
    probe_check(right_back, "struct-return", "a struct %s of %zu bytes came back wrong", name, size);
}

#define H1_CALL(name, members, sum, ...)                                                            \
    static double sum_##name(struct name v) { return sum; }                                         \
    static void call_##name(void) {                                                                 \
        static const struct name sent = __VA_ARGS__;                                                      \
        struct name back = take_##name(H1_BEFORE, sent, 2.5, sent, H1_AFTER);                       \
        judge(#name, sizeof sent, sum_##name(back) == sum_##name(sent));                            \
    }
H1_TYPES(H1_CALL)

static void call_packed(void) {
    struct packed sent = {1, 2, 3.5}, back = take_packed(H1_BEFORE, sent, 2.5, sent, H1_AFTER);
    judge("packed", sizeof sent, back.a == 1 && back.b == 2 && back.c == 3.5);
}

int main(void) {
    probe_begin("H1");
#define H1_RUN(name, members, sum, ...) call_##name();
    H1_TYPES(H1_RUN)
    call_packed();
#ifdef __cplusplus
    classes();
#endif
    return probe_end();
}
