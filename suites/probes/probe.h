/* SPDX-License-Identifier: Apache-2.0 */
/* The protocol of a probe program, for C and C++; probe.rs and probe.go say the same.
 *
 *   @xtest NONCE fail KEY DETAIL      one line for each failed check; KEY is named in probe.yaml under diagnosis
 *   @xtest NONCE note TEXT
 *   @xtest NONCE skip REASON
 *   @xtest NONCE end ok|bad|skip CHECKS FAILED        the trailer: without it nothing is a pass
 *
 * Exit code 0 for ok and skip, 1 for bad; no check at all is bad. Every line is one write to descriptor 1, nothing is
 * buffered, and nothing here allocates, locks or needs stdio: all of it may be called from a signal handler. The
 * formats understood are %s %c %p and %d %u %x with l, ll or z. One thread at a time. */
#pragma once

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#ifdef _WIN32
#include <windows.h>
#else
#include <unistd.h>
#endif

#if defined(__GNUC__) && !defined(_WIN32)
#define PROBE_FORMAT(at) __attribute__((unused, format(printf, at, at + 1)))
#elif defined(__GNUC__)
#define PROBE_FORMAT(at) __attribute__((unused))
#else
#define PROBE_FORMAT(at)
#endif
#ifdef __GNUC__
#define PROBE_NOINLINE __attribute__((noinline))
#define PROBE_UNUSED __attribute__((unused))
#else
#define PROBE_NOINLINE
#define PROBE_UNUSED
#endif

struct probe_text {
    char bytes[600];
    size_t used;
};

static struct {
    char nonce[80];
    unsigned checks, failed;
} probe_state = {"-", 0, 0};

static void probe_put(struct probe_text* text, const char* from) {
    while (*from && text->used + 2 < sizeof text->bytes) {
        char c = *from++;
        text->bytes[text->used++] = (c == '\n' || c == '\r') ? ' ' : c;
    }
}

static void probe_number(struct probe_text* text, unsigned long long value, unsigned base) {
    char digits[24];
    size_t at = sizeof digits - 1;
    digits[at] = 0;
    do {
        digits[--at] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value);
    probe_put(text, digits + at);
}

static void probe_format(struct probe_text* text, const char* format, va_list args) {
    for (; *format; format++) {
        char plain[2] = {*format, 0};
        int wide = 0;
        if (*format != '%') {
            probe_put(text, plain);
            continue;
        }
        for (format++; *format == 'l' || *format == 'z'; format++) wide = *format == 'z' ? 9 : wide + 1;
        if (*format == 's') {
            probe_put(text, va_arg(args, const char*));
        } else if (*format == 'c') {
            plain[0] = (char)va_arg(args, int);
            probe_put(text, plain);
        } else if (*format == 'p') {
            probe_put(text, "0x");
            probe_number(text, (uintptr_t)va_arg(args, void*), 16);
        } else if (*format == 'd') {
            long long value = wide == 0   ? va_arg(args, int)
                              : wide == 1 ? va_arg(args, long)
                              : wide == 2 ? va_arg(args, long long)
                                          : (long long)va_arg(args, ptrdiff_t);
            if (value < 0) probe_put(text, "-");
            probe_number(text, value < 0 ? 0ULL - (unsigned long long)value : (unsigned long long)value, 10);
        } else if (*format == 'u' || *format == 'x') {
            unsigned long long value = wide == 0   ? va_arg(args, unsigned)
                                       : wide == 1 ? va_arg(args, unsigned long)
                                       : wide == 2 ? va_arg(args, unsigned long long)
                                                   : (unsigned long long)va_arg(args, size_t);
            probe_number(text, value, *format == 'u' ? 10 : 16);
        } else {
            plain[0] = '%';
            probe_put(text, plain);
        }
    }
}

static void probe_begin_line(struct probe_text* text, const char* verb) {
    text->used = 0;
    probe_put(text, "@xtest ");
    probe_put(text, probe_state.nonce);
    probe_put(text, " ");
    probe_put(text, verb);
}

static void probe_send(struct probe_text* text) {
    size_t sent = 0;
    text->bytes[text->used++] = '\n';
    while (sent < text->used) {
#ifdef _WIN32
        DWORD wrote = 0;
        if (!WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), text->bytes + sent, (DWORD)(text->used - sent), &wrote, NULL))
            return;
#else
        ssize_t wrote = write(1, text->bytes + sent, text->used - sent);
        if (wrote <= 0) return;
#endif
        sent += (size_t)wrote;
    }
}

static void probe_line(const char* verb, const char* key, const char* format, va_list args) {
    struct probe_text text;
    probe_begin_line(&text, verb);
    if (key) {
        probe_put(&text, " ");
        probe_put(&text, key);
    }
    probe_put(&text, " ");
    probe_format(&text, format, args);
    probe_send(&text);
}

PROBE_FORMAT(1) static void probe_note(const char* format, ...) {
    va_list args;
    va_start(args, format);
    probe_line("note", NULL, format, args);
    va_end(args);
}

/* Ends the probe as "cannot be asked here": return probe_skip("..."). */
PROBE_FORMAT(1) static int probe_skip(const char* format, ...) {
    struct probe_text text;
    va_list args;
    va_start(args, format);
    probe_line("skip", NULL, format, args);
    va_end(args);
    probe_begin_line(&text, "end skip 0 0");
    probe_send(&text);
    return 0;
}

PROBE_FORMAT(3) static int probe_check(int good, const char* key, const char* format, ...) {
    va_list args;
    probe_state.checks++;
    if (good) return 1;
    probe_state.failed++;
    va_start(args, format);
    probe_line("fail", key, format, args);
    va_end(args);
    return 0;
}

PROBE_UNUSED static void probe_begin(const char* id) {
    const char* nonce = getenv("XTEST_NONCE");
    (void)id;
    if (nonce && *nonce && strlen(nonce) < sizeof probe_state.nonce) strcpy(probe_state.nonce, nonce);
}

/* Writes the trailer; its value is the exit code: return probe_end(), or _exit(probe_end()) in a handler. */
PROBE_UNUSED static int probe_end(void) {
    struct probe_text text;
    if (!probe_state.checks) probe_check(0, "no-checks", "the probe ended without a single check");
    probe_begin_line(&text, probe_state.failed ? "end bad " : "end ok ");
    probe_number(&text, probe_state.checks, 10);
    probe_put(&text, " ");
    probe_number(&text, probe_state.failed, 10);
    probe_send(&text);
    return probe_state.failed ? 1 : 0;
}
