/* SPDX-License-Identifier: Apache-2.0 */
/* H1, the callee: judges what arrived and gives the second structure back. */
#include "H1.h"

int h1_wrong;

#define H1_DEFINE(name, members, sum, ...)                                                                             \
    static double sum_##name(struct name v) { return sum; }                                                            \
    struct name take_##name(int before, struct name first, double between, struct name second, long long after) {      \
        static const struct name expected = __VA_ARGS__;                                                               \
        h1_wrong = (before != H1_BEFORE || between != 2.5 || after != H1_AFTER) +                                      \
                   2 * (sum_##name(first) != sum_##name(expected)) + 4 * (sum_##name(second) != sum_##name(expected)); \
        return second;                                                                                                 \
    }
H1_TYPES(H1_DEFINE)

struct packed take_packed(int before, struct packed first, double between, struct packed second, long long after) {
    h1_wrong = (before != H1_BEFORE || between != 2.5 || after != H1_AFTER) +
               2 * (first.a != 1 || first.b != 2 || first.c != 3.5) +
               4 * (second.a != 1 || second.b != 2 || second.c != 3.5);
    return second;
}
