/* SPDX-License-Identifier: Apache-2.0 */
/* The functions with a variable number of arguments of H2; they live in a file of their own. The letters of `kinds`:
 * i int, u unsigned, l long, w long long, d double, e long double, p char*, s struct pair, b struct big. */
#pragma once

#include <stdarg.h>
#include <stddef.h>

struct pair { int a; double b; };
struct big { long long a[5]; };

double sum_of(const char* kinds, ...);                                   /* each weighted by its place: 1, 2, 3 ... */
double sum_twice(const char* kinds, ...);                                /* by va_copy: the sum of both passes */
double sum_of_list(const char* kinds, va_list args);
double sum_after(int a, double b, long long c, double d, int e, const char* kinds, ...); /* after named ones */
int format(char* into, size_t room, const char* text, ...);              /* hands its arguments to vsnprintf */
