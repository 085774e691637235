/* SPDX-License-Identifier: Apache-2.0 */
/* H2, the caller: variable arguments of each kind, more of them than there are registers, va_copy, structures, and
 * printf. */
#define __USE_MINGW_ANSI_STDIO 1
#include "H2.h"
#include "../probe.h"

#include <stdio.h>

static void same(const char* key, const char* what, double got, double expected) {
    probe_check(got == expected, key, "%s: the callee's sum is %lld/1000, expected %lld/1000", what,
                (long long)(got * 1000), (long long)(expected * 1000));
}

int main(void) {
    struct pair pair = {3, 0.5};
    struct big big = {{100, 1, 2, 3, 200}};
    volatile float half = 0.5f; /* promoted to double */
    signed char small = -3;     /* promoted to int */
    char text[120];
    probe_begin("H2");
    same("integers", "int, unsigned, char, long", sum_of("iuil", -1, 4000000000u, small, -5L),
         -1 + 2 * 4000000000.0 - 9 - 20);
    same("long-long", "int, long long, int, long long", sum_of("iwiw", 1, 1LL << 40, 3, -(1LL << 41)),
         1 + 2 * 1099511627776.0 + 9 - 4 * 2199023255552.0);
    same("doubles", "double, promoted float, double", sum_of("ddd", 1.5, half, -2.25), 1.5 + 1 - 6.75);
    same("mixed", "int and double by turns", sum_of("ididid", 1, 2.5, 3, 4.5, 5, 6.5), 1 + 5 + 9 + 18 + 25 + 39);
    same("many", "12 integers", sum_of("iiiiiiiiiiii", 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12), 650);
    same("many", "12 doubles", sum_of("dddddddddddd", 1., 2., 3., 4., 5., 6., 7., 8., 9., 10., 11., 12.), 650);
    same("many", "10 integers and 10 doubles",
         sum_of("iiiiiiiiiidddddddddd", 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, .5, .5, .5, .5, .5, .5, .5, .5, .5, .5),
         55 + 77.5);
    same("struct", "structures of 16 and 40 bytes", sum_of("isbds", 1, pair, big, 2.0, pair), 1 + 7 + 900 + 8 + 17.5);
    same("long-double", "long double between others", sum_of("ieie", 1, 2.5L, 3, 4.5L), 1 + 5 + 9 + 18);
    same("pointers", "pointers", sum_of("pip", "A", 1, "B"), 65 + 2 + 198);
    same("va-copy", "two passes over int, long long, double, structure", sum_twice("iwds", 1, 2LL, 3.5, pair),
         2 * (1 + 4 + 10.5 + 14));
    same("after-named", "arguments after five named ones", sum_after(1, 2.5, 3, 4.5, 5, "idwdi", 6, 7.5, 8LL, 9.5, 10),
         16 + 6 + 15 + 24 + 38 + 50);
    int length = format(text, sizeof text, "%d %s %.3f %lld %c %Lf %u %.2f %x", -7, "seven", 7.125, 1LL << 40, 'x',
                        2.5L, 4000000000u, (double)half, 255);
    probe_check(strcmp(text, "-7 seven 7.125 1099511627776 x 2.500000 4000000000 0.50 ff") == 0, "printf",
                "vsnprintf made \"%s\" (%d)", text, length);
    length = snprintf(text, sizeof text, "%2$s %1$d", 5, "five");
#ifndef _WIN32
    probe_check(strcmp(text, "five 5") == 0, "printf", "snprintf with numbered arguments made \"%s\" (%d)", text,
                length);
#endif
    return probe_end();
}
