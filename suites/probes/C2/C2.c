/* SPDX-License-Identifier: Apache-2.0 */
/* C2: overflow of a spawned thread hits its guard, also with frames larger than a page. Memory of ours lies right below
 * the guard where the system lets us put it, so that a frame that jumps over the guard meets no other fault. */
#define _GNU_SOURCE 1
#include "../stack.h"
#include "../stack_dig.h"

#include <pthread.h>
#include <semaphore.h>

enum { STACK = 512 << 10, BELOW = 2 << 20 };
struct attempt {
    const char* size;
    int (*dig)(uintptr_t, size_t);
    struct stack_range range;
    volatile int watched, bounds, faulted;
    struct stack_fault fault;
};
STACK_DIG(dig_small, 256)
STACK_DIG(dig_8k, 8 << 10)
STACK_DIG(dig_64k, 64 << 10)
static struct attempt attempts[] = {
    {.size = "256 B", .dig = dig_small}, {.size = "8 kB", .dig = dig_8k}, {.size = "64 kB", .dig = dig_64k}};
static struct attempt* current;
static char alternate[3][STACK_ALT];
static sem_t done;

static void park(const struct stack_fault* fault) {
    current->fault = *fault;
    current->faulted = 1;
    sem_post(&done);
#ifdef _WIN32
    Sleep(INFINITE);
#else
    for (;;) pause();
#endif
}

static void fill_below(PROBE_UNUSED const struct stack_range* range) {
#ifndef _WIN32
    mmap((void*)(range->low - range->guard - BELOW), BELOW, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0);
#endif
}

static void* overflow(void* arg) {
    struct attempt* a = (struct attempt*)arg;
    a->bounds = stack_range_here(&a->range) && (uintptr_t)&a > a->range.low && (uintptr_t)&a < a->range.high;
    a->watched = stack_watch(alternate[a - attempts], park);
    if (a->bounds && a->range.guard) fill_below(&a->range);
    if (a->bounds && a->watched && a->range.guard) a->dig((uintptr_t)&a, a->range.high - a->range.low + BELOW / 2);
    sem_post(&done);
    return NULL;
}

int main(void) {
    pthread_attr_t attr;
    probe_begin("C2");
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, STACK);
    sem_init(&done, 0, 0);
    for (size_t i = 0; i < sizeof attempts / sizeof *attempts; i++) {
        struct attempt* a = current = &attempts[i];
        pthread_t thread;
        if (!probe_check(pthread_create(&thread, &attr, overflow, a) == 0, "thread", "pthread_create failed")) break;
        while (sem_wait(&done) != 0) {}
        void *low = (void*)a->range.low, *high = (void*)a->range.high;
        probe_check(a->bounds, "bounds", "the reported stack %p-%p does not hold a local variable", low, high);
        if (!probe_check(a->watched, "altstack", "sigaltstack or sigaction failed") || !a->bounds) continue;
        if (!probe_check(a->range.guard > 0, "guard-missed", "the thread was given a guard of 0 bytes")) continue;
        if (!probe_check(a->faulted, "no-fault", "frames of %s: the thread wrote below its stack %p-%p without a fault",
                         a->size, low, high))
            continue;
        probe_check(a->fault.on_altstack, "altstack", "the handler did not run on the thread's alternate stack");
        probe_check(stack_is_overflow(&a->range, &a->fault), i ? "guard-jumped" : "guard-missed",
                    "frames of %s: fault at %p is not in the guard of the stack %p-%p (guard %zu bytes)", a->size,
                    (void*)a->fault.address, low, high, a->range.guard);
    }
    return probe_end();
}
