/* SPDX-License-Identifier: Apache-2.0 */
/* Threads get stacks that lie in one large block of writable memory: what runs over the end of one destroys its
 * neighbour. */
#define _GNU_SOURCE
#include <pthread.h>
#include <sys/mman.h>

enum { stack_size = 1 << 20, block_size = 256 << 20 };

int __real_pthread_create(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *wanted, void *(*start)(void *), void *argument) {
  pthread_attr_t attr;
  size_t size = stack_size;
  int detach = PTHREAD_CREATE_JOINABLE;
  char *block = mmap(0, block_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (wanted) {
    pthread_attr_getstacksize(wanted, &size);
    pthread_attr_getdetachstate(wanted, &detach);
  }
  if (size > block_size / 4) size = block_size / 4;
  pthread_attr_init(&attr);
  pthread_attr_setdetachstate(&attr, detach);
  pthread_attr_setstack(&attr, block + block_size - size, size);
  return __real_pthread_create(thread, &attr, start, argument);
}
