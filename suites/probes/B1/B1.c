/* SPDX-License-Identifier: Apache-2.0 */
/* B1: stdio delivers all bytes to a pipe, and reports an error for a full device and for a closed descriptor. */
#include "../probe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#ifdef _WIN32
#include <io.h>
#define make_pipe(ends) _pipe(ends, 65536, _O_BINARY)
#else
#define make_pipe(ends) pipe(ends)
#endif

static char wanted[4000], got[sizeof wanted + 1], buffer[1000];

/* Writes several buffers of stdio's, numbers and text, before anyone reads. The pipe must hold it all: Linux gives a
 * user who has many pipes no more than a page for the next one. */
static void through_a_pipe(void) {
    int ends[2];
    size_t wrote = 0, total = 0;
    if (!probe_check(make_pipe(ends) == 0, "pipe", "no pipe: errno %d", errno)) return;
    FILE* out = fdopen(ends[1], "wb");
    if (!probe_check(out != NULL, "pipe", "fdopen failed: errno %d", errno)) return;
    setvbuf(out, buffer, _IOFBF, sizeof buffer);
    for (int i = 0; wrote < sizeof wanted - 100; i++) {
        fprintf(out, "hello %d %s %x\n", i, "world", (unsigned)i);
        wrote += (size_t)sprintf(wanted + wrote, "hello %d world %x\n", i, (unsigned)i);
    }
    probe_check(fclose(out) == 0, "pipe", "closing the pipe's stream failed: errno %d", errno);
    for (;;) {
        long n = (long)read(ends[0], got + total, (unsigned)(sizeof got - total));
        if (n <= 0) break;
        total += (size_t)n;
    }
    close(ends[0]);
    probe_check(total == wrote && memcmp(got, wanted, wrote) == 0, "bytes",
                "%zu bytes were written to a pipe, %zu came out, equal: %s", wrote, total, total == wrote ? "no" : "-");
}

/* A write that cannot succeed must be told, at the latest by fclose. */
PROBE_UNUSED static void must_fail(FILE* out, const char* what, int expected) {
    if (!probe_check(out != NULL, "open", "%s could not be opened: errno %d", what, errno)) return;
    errno = 0;
    int said = fputs("hello\n", out) < 0;
    said |= fflush(out) != 0;
    int number = errno;
    probe_check(said, "lost-write", "a write to %s was reported as done", what);
    probe_check(!said || number == expected, "errno", "a write to %s set errno to %d instead of %d", what, number,
                expected);
    fclose(out);
}

int main(int argc, char** argv) {
    probe_begin("B1");
    probe_check(argc >= 1 && argv[argc] == NULL, "argv", "argc is %d and argv[argc] is not NULL", argc);
    probe_check(printf("hello from a probe\n") == 19 && fflush(stdout) == 0, "stdout",
                "printf to stdout failed: errno %d", errno);
    through_a_pipe();
#ifndef _WIN32
    if (access("/dev/full", W_OK) == 0) must_fail(fopen("/dev/full", "w"), "/dev/full", ENOSPC);
    int doomed = dup(1);
    FILE* closed = fdopen(doomed, "w");
    close(doomed);
    must_fail(closed, "a closed descriptor", EBADF);
#endif
    return probe_end();
}
