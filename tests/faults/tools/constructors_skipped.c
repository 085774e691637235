/* SPDX-License-Identifier: Apache-2.0 */
/* Start-up code that forgets the constructors, though the file names them: before their turn each is replaced by
 * nothing. */
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

typedef void (*function)(void);
extern function __init_array_start[], __init_array_end[];

static void nothing(void) {}

static void forget(void) {
  uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
  uintptr_t start = (uintptr_t)__init_array_start / page * page;
  mprotect((void *)start, (uintptr_t)__init_array_end - start, PROT_READ | PROT_WRITE);
  for (function *one = __init_array_start; one != __init_array_end; one++) *one = nothing;
}

__attribute__((section(".preinit_array"), used)) static function first = forget;
