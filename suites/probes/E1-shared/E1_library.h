/* SPDX-License-Identifier: Apache-2.0 */
/* The thread-local variables of one library, and what a thread finds in them at first; E1_linked.c and E1_loaded.c give
 * them names of their own through NAME. */
#pragma once

#include <stdint.h>
#include <string.h>

struct view {
    int number, zero, text, page, large, misaligned;
    volatile int* address;
};

#ifdef NAME
__thread volatile int NAME(number) = 0x12345678;
static __thread volatile int zero;
static __thread volatile char text[16] = "thread-local";
static __thread volatile char page[100] __attribute__((aligned(4096))) = "page";
static __thread volatile char large[70000] = {[0] = 'a', [69999] = 'z'};

void NAME(look)(struct view* v) {
    v->number = NAME(number);
    v->zero = zero == 0 && large[35000] == 0;
    v->text = memcmp((const void*)text, "thread-local", 13) == 0;
    v->page = memcmp((const void*)page, "page", 5) == 0;
    v->large = large[0] == 'a' && large[69999] == 'z';
    v->misaligned = (int)((uintptr_t)page & 4095);
    v->address = &NAME(number);
    zero = NAME(number) = 99;
    text[0] = page[0] = large[0] = large[35000] = large[69999] = 'X';
}
#endif
