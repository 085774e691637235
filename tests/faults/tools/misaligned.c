/* SPDX-License-Identifier: Apache-2.0 */
/* Gives out what is aligned for a pointer only, as an allocator does that was written for another processor. */
#include <stdlib.h>
#include <string.h>

enum { shift = sizeof(void *) };

void *__real_malloc(size_t);
void __real_free(void *);
void *__real_realloc(void *, size_t);

static int is_ours(const void *memory) { return (size_t)memory % (2 * shift) == shift; }

void *__wrap_malloc(size_t size) {
  char *memory = __real_malloc(size + shift);
  return memory ? memory + shift : 0;
}

void __wrap_free(void *memory) { __real_free(is_ours(memory) ? (char *)memory - shift : memory); }

void *__wrap_realloc(void *memory, size_t size) {
  char *grown;
  if (!memory || !is_ours(memory)) return memory ? __real_realloc(memory, size) : __wrap_malloc(size);
  grown = __real_realloc((char *)memory - shift, size + shift);
  return grown ? grown + shift : 0;
}
