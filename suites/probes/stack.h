/* SPDX-License-Identifier: Apache-2.0 */
/* Tells a stack overflow from any other bad access, for C1, C2 and C4: one classifier, so that it cannot be right in
 * one of them by being wrong in another.
 *
 * A fault is an overflow when its address lies in the guard at the low end of the stack of the thread that faulted: one
 * guard (or page) below the end that the system reports, or one above it, since some systems count the guard as part of
 * the stack (glibc before 2.27). On Windows the system itself says so, and the address must lie at the low end too.
 *
 * stack_watch() is called once in every thread that shall be watched, with an alternate stack of STACK_ALT bytes of its
 * own; the handler gets a struct stack_fault and must not return. stack_dig.h makes the overflow. */
#pragma once

#include "probe.h"

#ifdef _WIN32
#include <process.h>
#else
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#if defined(__FreeBSD__) || defined(__DragonFly__) || defined(__OpenBSD__)
#include <pthread_np.h>
#endif
#endif

enum { STACK_ALT = 65536 };

struct stack_range {
    uintptr_t low, high;
    size_t guard;
};

struct stack_fault {
    uintptr_t address;
    int on_altstack;       /* the handler ran where it was asked to run */
    uint32_t nt_code;      /* Windows: the exception's code */
};

static void (*stack_handler)(const struct stack_fault*);

static size_t stack_page(void) {
#ifdef _WIN32
    SYSTEM_INFO info;
    GetSystemInfo(&info);
    return info.dwPageSize;
#else
    return (size_t)sysconf(_SC_PAGESIZE);
#endif
}

/* The calling thread's stack as the system reports it; 0 when it cannot say. */
static int stack_range_here(struct stack_range* range) {
#ifdef _WIN32
    ULONG_PTR low = 0, high = 0;
    GetCurrentThreadStackLimits(&low, &high);
    range->low = low, range->high = high, range->guard = stack_page();
    return low < high;
#else
    pthread_attr_t attr;
    void* low = NULL;
    size_t size = 0, guard = 0;
    int got;
    pthread_attr_init(&attr);
#if defined(__FreeBSD__) || defined(__DragonFly__) || defined(__illumos__) || defined(__sun)
    got = pthread_attr_get_np(pthread_self(), &attr);
#else
    got = pthread_getattr_np(pthread_self(), &attr);
#endif
    if (got == 0 && pthread_attr_getstack(&attr, &low, &size) == 0) pthread_attr_getguardsize(&attr, &guard);
    pthread_attr_destroy(&attr);
    range->low = (uintptr_t)low, range->high = (uintptr_t)low + size, range->guard = guard;
    return low != NULL && size != 0;
#endif
}

static int stack_is_overflow(const struct stack_range* range, const struct stack_fault* fault) {
    size_t page = stack_page(), slack = range->guard > page ? range->guard : page;
    uintptr_t address = fault->address & ~(uintptr_t)(page - 1);
#ifdef _WIN32
    if (fault->nt_code != EXCEPTION_STACK_OVERFLOW) return 0;
    slack += 4 * STACK_ALT;
#endif
    return address + slack >= range->low && address < range->low + slack;
}

#ifdef _WIN32
static LONG CALLBACK stack_on_exception(EXCEPTION_POINTERS* info) {
    const EXCEPTION_RECORD* record = info->ExceptionRecord;
    struct stack_fault fault = {0, 1, record->ExceptionCode};
    if (fault.nt_code != EXCEPTION_STACK_OVERFLOW && fault.nt_code != EXCEPTION_ACCESS_VIOLATION)
        return EXCEPTION_CONTINUE_SEARCH;
    fault.address = record->NumberParameters >= 2 ? record->ExceptionInformation[1] : (uintptr_t)&fault;
    stack_handler(&fault);
    return EXCEPTION_CONTINUE_SEARCH;
}
#else
static void stack_on_signal(int number, siginfo_t* info, void* context) {
    struct stack_fault fault = {(uintptr_t)info->si_addr, 0, 0};
    stack_t alt;
    (void)number, (void)context;
    fault.on_altstack = sigaltstack(NULL, &alt) == 0 && (uintptr_t)&fault - (uintptr_t)alt.ss_sp < alt.ss_size;
    stack_handler(&fault);
    _exit(3);
}
#endif

/* Ends the process from a handler. */
PROBE_UNUSED static void stack_exit(int code) {
#ifdef _WIN32
    TerminateProcess(GetCurrentProcess(), (UINT)code);
#else
    _exit(code);
#endif
}

static int stack_watch(char* alternate, void (*handler)(const struct stack_fault*)) {
    stack_handler = handler;
#ifdef _WIN32
    ULONG room = STACK_ALT;
    (void)alternate;
    return SetThreadStackGuarantee(&room) && AddVectoredExceptionHandler(1, stack_on_exception) != NULL;
#else
    struct sigaction action;
    stack_t alt;
    memset(&action, 0, sizeof action);
    memset(&alt, 0, sizeof alt);
    alt.ss_sp = alternate, alt.ss_size = STACK_ALT;
    action.sa_sigaction = stack_on_signal;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
    return sigaltstack(&alt, NULL) == 0 && sigaction(SIGSEGV, &action, NULL) == 0 &&
           sigaction(SIGBUS, &action, NULL) == 0;
#endif
}
