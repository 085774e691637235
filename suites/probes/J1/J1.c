/* SPDX-License-Identifier: Apache-2.0 */
/* J1: malloc aligns for every type, aligned allocations are aligned and can be freed, realloc keeps the bytes, blocks
 * do not overlap, size zero and impossible sizes behave. */
#include "../probe.h"

#include <errno.h>
#ifdef _WIN32
#include <malloc.h>
#define usable_size _msize
#define get_aligned(alignment, size) _aligned_malloc(size, alignment)
#define put_aligned _aligned_free
#elif defined(__linux__)
#include <malloc.h>
#define usable_size malloc_usable_size
#endif
#ifndef get_aligned
#define put_aligned free
static void* get_aligned(size_t alignment, size_t size) {
    void* block = NULL;
    return posix_memalign(&block, alignment, size) == 0 ? block : NULL;
}
#endif

struct fundamental { char c; union { long long i; double d; long double l; void* p; void (*f)(void); } most; };
enum { MOST = offsetof(struct fundamental, most), BLOCKS = 200 };
static unsigned char* blocks[BLOCKS];
static size_t sizes[BLOCKS];

static int holds(const unsigned char* at, size_t size, size_t value) {
    while (size && at[size - 1] == (unsigned char)value) size--;
    return size == 0;
}

static int aligned(const char* name, const void* block, size_t size, size_t alignment) {
    return probe_check(block != NULL, "failed", "%s of %zu bytes returned NULL", name, size) &&
           probe_check((uintptr_t)block % alignment == 0, "alignment", "%s of %zu bytes gave %p, not aligned to %zu",
                       name, size, block, alignment);
}

int main(void) {
    probe_begin("J1");
    for (size_t i = 0; i < BLOCKS; i++) {
        size_t size = sizes[i] = i * i % 5000 + MOST;
        blocks[i] = (unsigned char*)malloc(size);
        if (!aligned("malloc", blocks[i], size, MOST)) return probe_end();
        memset(blocks[i], (int)(i + 1), size);
#ifdef usable_size
        probe_check(usable_size(blocks[i]) >= size, "usable-size", "%zu bytes hold %zu", size, usable_size(blocks[i]));
#endif
    }
    for (size_t i = 0; i < BLOCKS; i += 2) free(blocks[i]);
    for (size_t i = 1; i < BLOCKS; i += 2) {
        size_t old = sizes[i], size = sizes[BLOCKS - i], kept = old < size ? old : size;
        probe_check(holds(blocks[i], old, i + 1), "overlap", "block %zu of %zu bytes was overwritten", i, old);
        blocks[i] = (unsigned char*)realloc(blocks[i], size);
        if (!aligned("realloc", blocks[i], size, MOST)) return probe_end();
        probe_check(holds(blocks[i], kept, i + 1), "realloc", "realloc from %zu to %zu bytes lost bytes", old, size);
        free(blocks[i]);
    }
    for (size_t alignment = sizeof(void*); alignment <= 65536; alignment *= 2)
        for (size_t size = 1; size <= 100000; size *= 10) {
            unsigned char* block = (unsigned char*)get_aligned(alignment, size);
            if (!aligned("an aligned allocation", block, size, alignment)) return probe_end();
            memset(block, 0x5a, size);
            put_aligned(block);
        }
    unsigned char* zeros = (unsigned char*)calloc(1000, 33);
    probe_check(zeros && holds(zeros, 33000, 0), "calloc", "calloc gave no memory, or memory that is not zero");
    free(zeros);
    free(malloc(0));
    volatile size_t huge = SIZE_MAX / 2 + 2;
    void* impossible = calloc(huge, 2);
    probe_check(impossible == NULL && errno == ENOMEM, "impossible",
                "calloc of more than the address space returned %p, errno %d", impossible, errno);
#ifndef _WIN32
    probe_check(get_aligned(3, 8) == NULL, "impossible", "posix_memalign accepts the alignment 3");
#endif
    return probe_end();
}
