/* SPDX-License-Identifier: Apache-2.0 */
/* The structures of H1 and the functions that take and return them: the caller's file and the callee's are compiled
 * apart, so that the call goes by the convention and is not inlined. X(name, members, a weighted sum of a value v, the
 * value that is sent). */
#pragma once

#define H1_TYPES(X)                                                                                           \
    X(char_1, signed char a;, v.a, {11})                                                                      \
    X(short_1, short a;, v.a, {-1200})                                                                        \
    X(char_3, signed char a[3];, v.a[0] + 10 * v.a[1] + 100 * v.a[2], {{1, 2, 3}})                            \
    X(int_1, int a;, v.a, {70000})                                                                            \
    X(char_5, signed char a[5];, v.a[0] + 10 * v.a[3] + 100 * v.a[4], {{1, 2, 3, 4, 5}})                      \
    X(int_2, int a; int b;, v.a + 10 * v.b, {5, -6})                                                          \
    X(int_3, int a; int b; int c;, v.a + 10 * v.b + 100 * v.c, {5, -6, 7})                                    \
    X(long_long_1, long long a;, (double)v.a, {1234567890123LL})                                              \
    X(long_long_2, long long a; long long b;, (double)v.a + 10 * (double)v.b, {1234567890123LL, -5})          \
    X(char_17, char a[17];, v.a[0] + 10 * v.a[9] + 100 * v.a[15], {"abcdefghijklmnop"})                       \
    X(char_64, char a[64];, v.a[0] + 10 * v.a[31] + 100 * v.a[62],                                            \
      {"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ."})                                    \
    X(float_1, float a;, v.a, {1.5f})                                                                         \
    X(float_2, float a; float b;, v.a + 10 * v.b, {1.5f, 2.25f})                                              \
    X(float_3, float a; float b; float c;, v.a + 10 * v.b + 100 * v.c, {1.5f, 2.25f, 3.75f})                  \
    X(float_4, float a[4];, v.a[0] + 10 * v.a[1] + 100 * v.a[3], {{1.5f, 2.25f, 3.75f, 4.5f}})                \
    X(double_1, double a;, v.a, {1.125})                                                                      \
    X(double_2, double a; double b;, v.a + 10 * v.b, {1.125, -2.5})                                           \
    X(double_4, double a[4];, v.a[0] + 10 * v.a[2] + 100 * v.a[3], {{1.125, 2, 3, 4.5}})                      \
    X(int_float, int a; float b;, v.a + 10 * v.b, {5, 2.5f})                                                  \
    X(float_int, float a; int b;, v.a + 10 * v.b, {2.5f, 5})                                                  \
    X(double_int, double a; int b;, v.a + 10 * v.b, {2.5, 5})                                                 \
    X(int_double, int a; double b;, v.a + 10 * v.b, {5, 2.5})                                                 \
    X(char_long_long, signed char a; long long b;, v.a + 10 * (double)v.b, {4, 1LL << 40})                    \
    X(float_double, float a; double b;, v.a + 10 * v.b, {2.5f, 6.25})                                         \
    X(nested, struct { float a; float b; } s; double c;, v.s.a + 10 * v.s.b + 100 * v.c, {{1.5f, 2.5f}, 3.5}) \
    X(bits, unsigned a : 3; unsigned b : 21; signed c : 8;, v.a + 10.0 * v.b + 100 * v.c, {5, 1000000, -7})   \
    X(pointer_int, const char* a; int b;, v.a[0] + 10 * v.b, {"x", 5})                                        \
    X(wide_pair, long double a; int b;, (double)v.a + 10 * v.b, {2.5L, 5})

#define H1_DECLARE(name, members, sum, ...)   \
    struct name { members };                  \
    struct name take_##name(int before, struct name first, double between, struct name second, long long after);
H1_TYPES(H1_DECLARE)

struct packed { signed char a; int b; double c; } __attribute__((packed));
struct packed take_packed(int before, struct packed first, double between, struct packed second, long long after);

enum { H1_BEFORE = 123, H1_AFTER = 456 };
extern int h1_wrong; /* the callee's last call: 1 scalar arguments, 2 the first structure, 4 the second */
