/* SPDX-License-Identifier: Apache-2.0 */
/* H2, the callee. */
#define __USE_MINGW_ANSI_STDIO 1
#include "H2.h"

#include <stdio.h>

double sum_of_list(const char* kinds, va_list args) {
    double sum = 0, at = 1;
    for (; *kinds; kinds++, at++) {
        struct pair s;
        struct big b;
        switch (*kinds) {
            case 'i': sum += at * va_arg(args, int); break;
            case 'u': sum += at * va_arg(args, unsigned); break;
            case 'l': sum += at * (double)va_arg(args, long); break;
            case 'w': sum += at * (double)va_arg(args, long long); break;
            case 'd': sum += at * va_arg(args, double); break;
            case 'e': sum += at * (double)va_arg(args, long double); break;
            case 'p': sum += at * *va_arg(args, const char*); break;
            case 's': s = va_arg(args, struct pair); sum += at * (s.a + s.b); break;
            case 'b': b = va_arg(args, struct big); sum += at * (double)(b.a[0] + b.a[4]); break;
            default: return -1;
        }
    }
    return sum;
}

double sum_of(const char* kinds, ...) {
    va_list args;
    va_start(args, kinds);
    double sum = sum_of_list(kinds, args);
    va_end(args);
    return sum;
}

double sum_twice(const char* kinds, ...) {
    va_list args, copy;
    va_start(args, kinds);
    va_copy(copy, args);
    double sum = sum_of_list(kinds, args);
    sum += sum_of_list(kinds, copy);
    va_end(copy);
    va_end(args);
    return sum;
}

double sum_after(int a, double b, long long c, double d, int e, const char* kinds, ...) {
    va_list args;
    va_start(args, kinds);
    double sum = sum_of_list(kinds, args);
    va_end(args);
    return sum + a + b + (double)c + d + e;
}

int format(char* into, size_t room, const char* text, ...) {
    va_list args;
    va_start(args, text);
    int length = vsnprintf(into, room, text, args);
    va_end(args);
    return length;
}
