/* SPDX-License-Identifier: Apache-2.0 */
/* The ways to random bytes that G8 tries, all of one shape: bytes given, or -1 and errno. */
#pragma once

#include "../probe.h"

#ifdef _WIN32
#define RtlGenRandom SystemFunction036
BOOLEAN NTAPI RtlGenRandom(void*, ULONG);
static LONG(WINAPI* bcrypt)(void*, UCHAR*, ULONG, ULONG);

static int find_bcrypt(void) {
    FARPROC found = GetProcAddress(LoadLibraryA("bcrypt.dll"), "BCryptGenRandom");
    memcpy(&bcrypt, &found, sizeof bcrypt);
    return bcrypt != NULL;
}
static long from_bcrypt(void* into, size_t n, unsigned flags) {
    (void)flags;
    return bcrypt(NULL, (UCHAR*)into, (ULONG)n, 2 /* the system's preferred generator */) == 0 ? (long)n : -1;
}
static long from_rtl(void* into, size_t n, unsigned flags) {
    (void)flags;
    return RtlGenRandom(into, (ULONG)n) ? (long)n : -1;
}
#else
#include <sys/random.h>
#include <sys/syscall.h>

static long from_libc(void* into, size_t n, unsigned flags) { return (long)getrandom(into, n, flags); }
#endif

#if defined(__linux__)
#if defined(__x86_64__) && defined(__ILP32__)
enum { NUMBER = 0x40000000 + 318 };
#elif defined(__x86_64__)
enum { NUMBER = 318 };
#elif defined(__i386__)
enum { NUMBER = 355 };
#elif defined(__arm__)
enum { NUMBER = 384 };
#elif defined(__powerpc__)
enum { NUMBER = 359 };
#elif defined(__s390__)
enum { NUMBER = 349 };
#else /* aarch64, riscv, loongarch: the common table */
enum { NUMBER = 278 };
#endif

static long from_kernel(void* into, size_t n, unsigned flags) { return syscall(SYS_getrandom, into, n, flags); }
#endif
