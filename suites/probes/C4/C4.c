/* SPDX-License-Identifier: Apache-2.0 */
/* C4: a store through NULL, to an unmapped page and to a read-only page is reported with its own address and is not
 * taken for a stack overflow. Each handler makes the next store itself and never returns. */
#define _GNU_SOURCE 1
#include "../stack.h"

static char alternate[STACK_ALT];
static struct stack_range range;
static const char* const names[] = {"NULL", "an unmapped page", "a page without rights"};
static volatile char* targets[3];
static volatile int step;

static void store(void) {
    *targets[step] = 1;
    probe_check(0, "no-fault", "a store to %s went through", names[step]);
    stack_exit(probe_end());
}

static void on_fault(const struct stack_fault* fault) {
    uintptr_t page = stack_page(), wanted = (uintptr_t)targets[step];
    probe_check(fault->address / page == wanted / page, "fault-address", "a store to %s at %p was reported at %p",
                names[step], (void*)wanted, (void*)fault->address);
    probe_check(!stack_is_overflow(&range, fault), "misclassified",
                "a store to %s at %p looks like an overflow of the stack %p-%p (guard %zu bytes)", names[step],
                (void*)wanted, (void*)range.low, (void*)range.high, range.guard);
    if (++step == 3) stack_exit(probe_end());
    store();
}

static char* no_access(int unmapped) {
    size_t size = 16 * stack_page(); /* the middle one, so that no neighbour of the page is in use */
#ifdef _WIN32
    char* at = (char*)VirtualAlloc(NULL, size, MEM_RESERVE, PAGE_NOACCESS);
    if (at && unmapped) VirtualFree(at, 0, MEM_RELEASE);
    return at ? at + size / 2 : NULL;
#else
    char* at = (char*)mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANON, -1, 0);
    if (at != MAP_FAILED && unmapped) munmap(at, size);
    return at != MAP_FAILED ? at + size / 2 : NULL;
#endif
}

int main(void) {
    probe_begin("C4");
    targets[2] = no_access(0);
    targets[1] = no_access(1);
    if (!probe_check(stack_range_here(&range), "bounds", "the system does not say where the main thread's stack is") ||
        !probe_check(stack_watch(alternate, on_fault), "altstack", "sigaltstack or sigaction failed") ||
        !probe_check(targets[1] && targets[2], "mapping", "no page without rights could be had"))
        return probe_end();
    store();
    return probe_end();
}
