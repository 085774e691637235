/* SPDX-License-Identifier: Apache-2.0 */
/* J1: malloc aligns for every type, aligned allocations are aligned and can be freed, realloc keeps the bytes, blocks do
 * not overlap, size zero and impossible sizes behave. */
#define _GNU_SOURCE 1
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
    int error = posix_memalign(&block, alignment, size);
    probe_check(error == 0, "failed", "posix_memalign(%zu, %zu) returned %d", alignment, size, error);
    return error ? NULL : block;
}
#endif

struct fundamental { char c; union { long long i; double d; long double l; void* p; void (*f)(void); } most; };
enum { MOST = offsetof(struct fundamental, most), BLOCKS = 200 };
static unsigned char* blocks[BLOCKS];
static size_t sizes[BLOCKS];

static int holds(const unsigned char* at, size_t size, unsigned char value) {
    for (size_t i = 0; i < size; i++)
        if (at[i] != value) return 0;
    return 1;
}

static int aligned(const char* name, const void* block, size_t size, size_t alignment) {
    return probe_check(block != NULL, "failed", "%s of %zu bytes returned NULL", name, size) &&
           probe_check((uintptr_t)block % alignment == 0, "alignment", "%s of %zu bytes returned %p, not aligned to %zu", name, size, block, alignment);
}

int main(void) {
    probe_begin("J1");
    for (size_t i = 0; i < BLOCKS; i++) {
        size_t size = sizes[i] = i * i % 5000 + MOST;
        blocks[i] = (unsigned char*)malloc(size);
        if (!aligned("malloc", blocks[i], size, MOST)) return probe_end();
        memset(blocks[i], (int)(i + 1), size);
#ifdef usable_size
        probe_check(usable_size(blocks[i]) >= size, "usable-size", "a block of %zu bytes is said to hold %zu", size, (size_t)usable_size(blocks[i]));
#endif
    }
    for (size_t i = 0; i < BLOCKS; i += 2) free(blocks[i]);
    for (size_t i = 1; i < BLOCKS; i += 2) {
        size_t kept = sizes[i] < sizes[BLOCKS - i] ? sizes[i] : sizes[BLOCKS - i];
        probe_check(holds(blocks[i], sizes[i], (unsigned char)(i + 1)), "overlap", "block %zu of %zu bytes was overwritten", i, sizes[i]);
        blocks[i] = (unsigned char*)realloc(blocks[i], sizes[BLOCKS - i]);
        if (!aligned("realloc", blocks[i], sizes[BLOCKS - i], MOST)) return probe_end();
        probe_check(holds(blocks[i], kept, (unsigned char)(i + 1)), "realloc", "realloc from %zu to %zu bytes lost bytes", sizes[i], sizes[BLOCKS - i]);
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
    free(NULL);
    volatile size_t huge = SIZE_MAX / 2 + 2;
    errno = 0;
    void* impossible = calloc(huge, 2);
    probe_check(impossible == NULL && errno == ENOMEM, "impossible", "calloc of more than the address space returned %p, errno %d", impossible, errno);
#ifndef _WIN32
    void* block = NULL;
    probe_check(posix_memalign(&block, 3, 8) == EINVAL, "impossible", "posix_memalign accepts the alignment 3");
#endif
    return probe_end();
}
