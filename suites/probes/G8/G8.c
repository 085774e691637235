/* SPDX-License-Identifier: Apache-2.0 */
/* G8: getrandom by its system call number and through the C library: right number, whole short buffers and nothing
 * beyond them, right errno, and both ways agree. On Windows BCryptGenRandom and RtlGenRandom. */
#define _GNU_SOURCE 1
#include "G8_sources.h"

#include <errno.h>

static unsigned char buffer[264];

typedef long (*source)(void* into, size_t length, unsigned flags);

/* Each length is filled whole, the byte behind it stays, and 256 bytes hold many different values. */
static void short_buffers(const char* name, source get) {
    static const size_t lengths[] = {0, 1, 7, 16, 33, 256};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        size_t n = lengths[i], distinct = 0;
        unsigned char seen[256] = {0};
        memset(buffer, 0, sizeof buffer);
        buffer[n] = 0xa5;
        errno = 0;
        long got = get(buffer, n, 0);
        if (!probe_check(got == (long)n, "failed", "%s of %zu bytes returned %ld, errno %d", name, n, got, errno))
            return;
        probe_check(buffer[n] == 0xa5, "overrun", "%s of %zu bytes wrote behind its buffer", name, n);
        for (size_t k = 0; k < n; k++) distinct += !seen[buffer[k]]++;
        probe_check(n < 33 || distinct > n / 4, "not-random", "%s of %zu bytes gave %zu different values", name, n,
                    distinct);
    }
}

#ifdef _WIN32
static void ask(void) {
    if (probe_check(find_bcrypt(), "missing", "bcrypt.dll has no BCryptGenRandom"))
        short_buffers("BCryptGenRandom", from_bcrypt);
    short_buffers("RtlGenRandom", from_rtl);
}
#else
static int error_of(source get, void* into, unsigned flags) {
    errno = 0;
    return get(into, 16, flags) < 0 ? errno : 0;
}

static void ask(void) {
    int flags = error_of(from_libc, buffer, ~0u), fault = error_of(from_libc, (void*)-4096L, 0);
    short_buffers("getrandom", from_libc);
    probe_check(flags == EINVAL, "flags-errno", "getrandom with unknown flags gave errno %d, expected EINVAL (%d)",
                flags, EINVAL);
    probe_check(fault == EFAULT, "fault-errno", "getrandom into a bad address gave errno %d, expected EFAULT (%d)",
                fault, EFAULT);
    errno = 0;
    int entropy = getentropy(buffer, 257);
    probe_check(entropy == -1 && errno == EIO, "getentropy",
                "getentropy of 257 bytes returned %d, errno %d, expected EIO (%d)", entropy, errno, EIO);
    probe_check(getentropy(buffer, 256) == 0, "getentropy", "getentropy of 256 bytes failed, errno %d", errno);
#if defined(__linux__)
    if (!probe_check(SYS_getrandom == NUMBER, "number", "SYS_getrandom is %d, this kernel's number is %d",
                     (int)SYS_getrandom, (int)NUMBER))
        return;
    short_buffers("the system call getrandom", from_kernel);
    int raw = error_of(from_kernel, buffer, ~0u), raw_fault = error_of(from_kernel, (void*)-4096L, 0);
    probe_check(raw == flags && raw_fault == fault, "disagree",
                "the system call sets errno to %d and %d, the C library to %d and %d", raw, raw_fault, flags, fault);
#endif
}
#endif

int main(void) {
    probe_begin("G8");
    ask();
    return probe_end();
}
