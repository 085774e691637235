/* SPDX-License-Identifier: Apache-2.0
 *
 * A program that dies or hangs in one way, chosen by its first argument; what tests of diagnosis run.
 *
 *   null | tls | overflow | abort | illegal | bus | jump | double-free | thread | caught | child
 *   deadlock | spin | wait-child | stopped
 */
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

struct record {
  long unused[2], field;
};

static struct record *volatile no_record;
static void (*volatile no_function)(void);
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

__attribute__((noinline)) static void write_field(struct record *record) { record->field = 1; }

__attribute__((noinline)) static void tls_without_base(void) {
#ifdef __x86_64__
  __asm__ volatile("mov $158, %%eax; mov $0x1002, %%edi; xor %%esi, %%esi; syscall; mov %%fs:-8, %%rax" ::: "rax", "rdi", "rsi", "rcx", "r11", "memory");
#endif
}

__attribute__((noinline)) static int dig(int depth) {
  volatile char room[4096];
  room[depth % 4096] = 1;
  return dig(depth + 1) + room[0];
}

__attribute__((noinline)) static void bus_error(void) {
  FILE *file = tmpfile();
  char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fileno(file), 0);
  page[100] = 1;
}

__attribute__((noinline)) static void call_nothing(void) {
  no_function();
  puts("not reached");
}

__attribute__((noinline)) static void free_twice(void) {
  void *volatile block = malloc(2000);
  void *volatile keeps_it_apart = malloc(100);
  free(block);
  free(block);
  free(keeps_it_apart);
}

static void *crash_in_thread(void *nothing) {
  write_field(no_record);
  return nothing;
}

static void *take_lock(void *nothing) {
  pthread_mutex_lock(&lock);
  return nothing;
}

__attribute__((noinline)) static void spin_here(void) {
  for (volatile unsigned long turns = 0;; ++turns) {}
}

static int in_thread(void *(*body)(void *)) {
  pthread_t thread;
  return pthread_create(&thread, NULL, body, NULL) == 0 && pthread_join(thread, NULL) == 0 ? 0 : 1;
}

static void leave(int number) { _exit(number == SIGSEGV ? 7 : 8); }

static int caught(void) {
  signal(SIGSEGV, leave);
  write_field(no_record);
  return 1;
}

static int child(void) {
  if (fork() == 0) write_field(no_record);
  int status = 0;
  wait(&status);
  return WIFSIGNALED(status) ? 9 : 1;
}

__attribute__((noinline)) static int wait_child(void) {
  pid_t pid = fork();
  if (pid == 0) {
    for (;;) sleep(60);
  }
  return waitpid(pid, NULL, 0) == pid ? 0 : 1;
}

static int hang(const char *how) {
  if (strcmp(how, "deadlock") == 0) {
    pthread_mutex_lock(&lock);
    return in_thread(take_lock);
  }
  if (strcmp(how, "spin") == 0) spin_here();
  if (strcmp(how, "wait-child") == 0) return wait_child();
  if (strcmp(how, "stopped") == 0) return raise(SIGSTOP);
  fprintf(stderr, "crash: do not know how to '%s'\n", how);
  return 64;
}

int main(int argc, char **argv) {
  const char *how = argc > 1 ? argv[1] : "";
  if (strcmp(how, "null") == 0) write_field(no_record);
  if (strcmp(how, "tls") == 0) tls_without_base();
  if (strcmp(how, "overflow") == 0) return dig(0);
  if (strcmp(how, "abort") == 0) abort();
  if (strcmp(how, "illegal") == 0) __builtin_trap();
  if (strcmp(how, "bus") == 0) bus_error();
  if (strcmp(how, "jump") == 0) call_nothing();
  if (strcmp(how, "double-free") == 0) free_twice();
  if (strcmp(how, "thread") == 0) return in_thread(crash_in_thread);
  if (strcmp(how, "caught") == 0) return caught();
  if (strcmp(how, "child") == 0) return child();
  return hang(how);
}
