/* SPDX-License-Identifier: Apache-2.0 */
/* B2: constructors run before main in the order of their priorities and may use the C library; at the end atexit
 * functions run last first, then destructors. The last destructor writes the trailer. */
#include "../probe.h"

#include <stdio.h>

static char order[16];
static char made[32];
static void* block;
static const char* seen_nonce;

static void mark(char c) {
    size_t used = strlen(order);
    if (used + 1 < sizeof order) order[used] = c;
}

__attribute__((constructor(102))) static void second(void) { mark('2'); }
__attribute__((constructor(101))) static void first(void) {
    mark('1');
    block = malloc(100000);
    seen_nonce = getenv("XTEST_NONCE");
    snprintf(made, sizeof made, "%d-%s", 42, "ctor");
}
__attribute__((constructor)) static void third(void) { mark('3'); }

__attribute__((destructor(101))) static void last(void) {
    mark('Z');
    probe_check(strcmp(order, "123abXYZ") == 0, strchr(order, 'a') ? "dtor-order" : "atexit-missing",
                "atexit functions and destructors ran as \"%s\", expected \"abXYZ\"", order + strlen("123"));
    int code = probe_end();
#ifdef _WIN32
    TerminateProcess(GetCurrentProcess(), (UINT)code);
#else
    _exit(code);
#endif
}
__attribute__((destructor(102))) static void before_last(void) { mark('Y'); }
__attribute__((destructor)) static void early(void) { mark('X'); }

static void at_exit_1(void) { mark('b'); }
static void at_exit_2(void) { mark('a'); }

int main(void) {
    probe_begin("B2");
    const char* nonce = getenv("XTEST_NONCE");
    size_t ran = strlen(order);
    if (!probe_check(ran == 3, "ctors-missing", "3 constructors expected before main, %zu ran (\"%s\")", ran, order))
        _exit(probe_end()); /* then destructors prove nothing more */
    probe_check(strcmp(order, "123") == 0, "ctor-order", "constructors of priority 101, 102 and none ran as \"%s\"",
                order);
    probe_check(block != NULL && strcmp(made, "42-ctor") == 0, "ctor-libc",
                "malloc or snprintf did not work in a constructor");
    probe_check((seen_nonce != NULL) == (nonce != NULL), "ctor-getenv",
                "getenv did not find in a constructor what it finds in main");
    free(block);
    memcpy(order, "123", 4);
    atexit(at_exit_1);
    atexit(at_exit_2);
    return 1; /* the last destructor ends the process with the probe's own code */
}
