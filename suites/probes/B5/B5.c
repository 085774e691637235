/* SPDX-License-Identifier: Apache-2.0 */
/* B5: a child's exit code arrives unchanged, abort() is SIGABRT, exit() in a thread ends the process, _exit skips
 * atexit. */
#include "../probe.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#ifdef _WIN32
#include <process.h>
#else
#include <signal.h>
#include <sys/wait.h>
#endif

enum { ABORTED = 1000 }; /* our own number for "ended by SIGABRT" */

static void change_code(void) { _exit(77); }

static void* exit_here(void* code) {
    exit((int)(intptr_t)code);
    return NULL;
}

/* The child's life: `role` is one of the letters of the table in main. */
static int act(char role, int code) {
    pthread_t thread;
    if (role == 'r') return code;
    if (role == 'e') exit(code);
    if (role == 'a') atexit(change_code), exit(code);
    if (role == 'q') atexit(change_code), _exit(code);
    if (role == 'x') abort();
    if (role == 't' && pthread_create(&thread, NULL, exit_here, (void*)(intptr_t)code) == 0) pthread_join(thread, NULL);
    return 99;
}

/* How the child ended: its exit code, ABORTED, or a negative number for anything else. */
static int outcome(const char* self, char role, int code) {
#ifdef _WIN32
    char letter[2] = {role, 0}, number[12];
    sprintf(number, "%d", code);
    _putenv("XTEST_ROLE=child");
    return (int)_spawnl(_P_WAIT, self, "B5", letter, number, NULL);
#else
    int status = 0;
    (void)self;
    pid_t child = fork();
    if (child < 0) return -errno;
    if (child == 0) exit(act(role, code));
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR) return -errno;
    if (WIFSIGNALED(status)) return WTERMSIG(status) == SIGABRT ? ABORTED : -1000 - WTERMSIG(status);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
#endif
}

int main(int argc, char** argv) {
    static const struct { char role; int code, expected; const char *key, *what; } table[] = {
        {'r', 0, 0, "exit-code", "return 0 from main"},   {'r', 1, 1, "exit-code", "return 1 from main"},
        {'e', 101, 101, "exit-code", "exit(101)"},        {'e', 255, 255, "exit-code", "exit(255)"},
        {'a', 5, 77, "atexit", "exit(5) with an atexit function that calls _exit(77)"},
        {'q', 5, 5, "atexit", "_exit(5) with an atexit function"},
        {'t', 6, 6, "exit-in-thread", "exit(6) in a thread"},
#ifdef _WIN32
        {'x', 0, 3, "abort", "abort()"},
#else
        {'x', 0, ABORTED, "abort", "abort()"},
#endif
    };
    if (getenv("XTEST_ROLE")) return argc == 3 ? act(argv[1][0], atoi(argv[2])) : 98;
    probe_begin("B5");
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        int got = outcome(argv[0], table[i].role, table[i].code);
        probe_check(got == table[i].expected, table[i].key,
                    "%s ended as %d, expected %d (below 0: errno or signal + 1000)", table[i].what, got,
                    table[i].expected);
    }
    return probe_end();
}
