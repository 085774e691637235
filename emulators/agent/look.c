/* SPDX-License-Identifier: Apache-2.0 */
#define _FILE_OFFSET_BITS 64
#include "emulators/agent/look.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifdef __linux__

#include <elf.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/utsname.h>

enum {
  report_cap = 1 << 20,
  stack_bytes = 48 << 10,
  below_stack = 256,
  page = 4096,
  most_pages = 16, /* an overflowing stack pointer is that far below its stack */
  most_threads = 64,
  most_steps = 4096,
  stop_pause_ms = 2,
  core_cap = 64 << 20
};

/* ---- lines ---- */

static void say(struct buffer *report, const char *text) { buffer_append(report, text, strlen(text)); }

static void say_hex(struct buffer *report, const unsigned char *bytes, size_t size) {
  for (size_t i = 0; i < size; ++i) {
    char digits[3];
    snprintf(digits, sizeof digits, "%02x", bytes[i]);
    buffer_append(report, digits, 2);
  }
  say(report, "\n");
}

static size_t read_text_file(const char *path, char *into, size_t size) {
  size_t got = look_read_start(path, (unsigned char *)into, size - 1);
  into[got] = 0;
  return got;
}

/* ---- registers, mappings, memory ---- */

/* Where the stack pointer is in the general registers of NT_PRSTATUS. */
static uint64_t stack_pointer(const unsigned char *regs, size_t size) {
  size_t at = 0, width = sizeof(long);
#if defined(__x86_64__) || defined(__i386__)
  at = size == 27 * 8 ? 19 * 8 : 15 * 4;
  width = size == 27 * 8 ? 8 : 4;
#elif defined(__aarch64__) || defined(__arm__)
  at = size == 34 * 8 ? 31 * 8 : 13 * 4;
  width = size == 34 * 8 ? 8 : 4;
#elif defined(__riscv)
  at = 2 * width;
#elif defined(__s390x__)
  at = 17 * 8;
#elif defined(__powerpc__)
  at = width;
#else
  return 0;
#endif
  if (at + width > size) return 0;
  uint32_t narrow;
  uint64_t wide;
  memcpy(&narrow, regs + at, sizeof narrow);
  if (width == 4) return narrow;
  memcpy(&wide, regs + at, sizeof wide);
  return wide;
}

static void report_memory(pid_t tid, uint64_t from, struct buffer *report) {
  static unsigned char bytes[stack_bytes];
  char path[64], line[64];
  if (from == 0 || buffer_size(report) > report_cap) return;
  snprintf(path, sizeof path, "/proc/%d/mem", (int)tid);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return;
  ssize_t got = -1;
  uint64_t start = from - below_stack;
  for (int tries = 0; got <= 0 && tries < most_pages; ++tries) {
    from = start;
    got = pread(fd, bytes, sizeof bytes, (off_t)from);
    start = (from | (page - 1)) + 1;
  }
  close(fd);
  if (got <= 0) return;
  snprintf(line, sizeof line, "memory %llx ", (unsigned long long)from);
  say(report, line);
  say_hex(report, bytes, (size_t)got);
}

static void report_registers(pid_t tid, struct buffer *report) {
  unsigned char regs[1024];
  struct iovec place = {regs, sizeof regs};
  if (ptrace(PTRACE_GETREGSET, tid, (void *)(uintptr_t)NT_PRSTATUS, &place) != 0) return;
  say(report, "registers ");
  say_hex(report, regs, place.iov_len);
#if defined(__aarch64__) && defined(NT_ARM_TLS)
  uint64_t tls = 0;
  char line[64];
  struct iovec tls_place = {&tls, sizeof tls};
  if (ptrace(PTRACE_GETREGSET, tid, (void *)(uintptr_t)NT_ARM_TLS, &tls_place) == 0) {
    snprintf(line, sizeof line, "tls %llx\n", (unsigned long long)tls);
    say(report, line);
  }
#endif
  report_memory(tid, stack_pointer(regs, place.iov_len), report);
}

/* The lines of /proc/PID/maps without device and inode. */
static void report_maps(pid_t pid, struct buffer *report) {
  char path[64], line[4400], out[4400];
  snprintf(path, sizeof path, "/proc/%d/maps", (int)pid);
  FILE *file = fopen(path, "re");
  if (file == NULL) return;
  while (fgets(line, sizeof line, file) != NULL && buffer_size(report) < report_cap) {
    char range[64], perms[8], offset[32];
    int name = 0;
    line[strcspn(line, "\n")] = 0;
    if (sscanf(line, "%63s %7s %31s %*s %*s %n", range, perms, offset, &name) < 3) continue;
    snprintf(out, sizeof out, "map %s %s %s %s\n", range, perms, offset, name == 0 ? "" : line + name);
    say(report, out);
  }
  fclose(file);
}

static void report_process(pid_t pid, struct buffer *report) {
  struct utsname name;
  char line[512];
  if (uname(&name) != 0) return;
  snprintf(line, sizeof line, "machine %s\nprocess %d\n", name.machine, (int)pid);
  say(report, line);
  report_maps(pid, report);
}

/* "thread TID STATE WCHAN CPU-MS SYSCALL NAME" and the kernel's stack where it may be read. */
static void report_thread(pid_t pid, pid_t tid, struct buffer *report) {
  char path[96], stat[1024], wchan[64], call[32], kernel[2048], line[512];
  unsigned long long user = 0, system = 0;
  char state = '?';
  snprintf(path, sizeof path, "/proc/%d/task/%d/stat", (int)pid, (int)tid);
  read_text_file(path, stat, sizeof stat);
  char *name = strchr(stat, '('), *end = strrchr(stat, ')');
  if (name == NULL || end == NULL || end < name) return;
  *end = 0;
  sscanf(end + 1, " %c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %llu %llu", &state, &user, &system);
  snprintf(path, sizeof path, "/proc/%d/task/%d/wchan", (int)pid, (int)tid);
  if (read_text_file(path, wchan, sizeof wchan) == 0 || strcmp(wchan, "0") == 0) strcpy(wchan, "-");
  snprintf(path, sizeof path, "/proc/%d/task/%d/syscall", (int)pid, (int)tid);
  if (read_text_file(path, call, sizeof call) == 0) strcpy(call, "-");
  call[strcspn(call, " \n")] = 0;
  long ticks = sysconf(_SC_CLK_TCK);
  snprintf(line, sizeof line, "thread %d %c %s %llu %s %s\n", (int)tid, state, wchan, (user + system) * 1000 / (unsigned long long)(ticks > 0 ? ticks : 100),
           call, name + 1);
  say(report, line);
  snprintf(path, sizeof path, "/proc/%d/task/%d/stack", (int)pid, (int)tid);
  read_text_file(path, kernel, sizeof kernel);
  for (char *at = strtok(kernel, "\n"); at != NULL; at = strtok(NULL, "\n")) {
    snprintf(line, sizeof line, "kernel %s\n", at);
    say(report, line);
  }
}

/* ---- a crash ---- */

void look_be_watched(void) {
  struct rlimit core;
  if (getrlimit(RLIMIT_CORE, &core) == 0) {
    core.rlim_cur = core.rlim_max < core_cap ? core.rlim_max : core_cap;
    setrlimit(RLIMIT_CORE, &core);
  }
  ptrace(PTRACE_TRACEME, 0, 0, 0);
}

static bool dumps_core(int number) {
  const int deadly[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP, SIGSYS, SIGQUIT, SIGXCPU, SIGXFSZ};
  for (size_t i = 0; i < sizeof deadly / sizeof *deadly; ++i) {
    if (deadly[i] == number) return true;
  }
  return false;
}

static bool catches(pid_t tid, int number) {
  char path[64], status[4096];
  snprintf(path, sizeof path, "/proc/%d/status", (int)tid);
  read_text_file(path, status, sizeof status);
  const char *caught = strstr(status, "SigCgt:"), *ignored = strstr(status, "SigIgn:");
  unsigned long long mask = (caught != NULL ? strtoull(caught + 7, NULL, 16) : 0) | (ignored != NULL ? strtoull(ignored + 7, NULL, 16) : 0);
  return (mask >> (number - 1) & 1) != 0;
}

static void report_death(pid_t leader, pid_t tid, const siginfo_t *info, struct buffer *report) {
  char line[128];
  buffer_consume(report, buffer_size(report)); /* only the last one can have been deadly */
  report_process(leader, report);
  report_thread(leader, tid, report);
  snprintf(line, sizeof line, "signal %d %d %llx\n", info->si_signo, info->si_code, (unsigned long long)(uintptr_t)info->si_addr);
  say(report, line);
  report_registers(tid, report);
}

static void go_on(pid_t leader, pid_t tid, int status, struct buffer *report) {
  const long options = PTRACE_O_EXITKILL | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC;
  int number = WSTOPSIG(status), event = status >> 16;
  siginfo_t info;
  if (event != 0 || (number == SIGSTOP && tid != leader)) {
    number = 0;
  } else if (number == SIGTRAP && ptrace(PTRACE_GETSIGINFO, tid, 0, &info) == 0 && info.si_code == 0 && info.si_pid == tid) {
    ptrace(PTRACE_SETOPTIONS, tid, 0, (void *)options); /* the stop behind its first exec */
    number = 0;
  } else if (dumps_core(number) && !catches(tid, number) && ptrace(PTRACE_GETSIGINFO, tid, 0, &info) == 0) {
    report_death(leader, tid, &info, report);
  }
  ptrace(PTRACE_CONT, tid, 0, (void *)(uintptr_t)number);
}

void look_let_go_on(pid_t leader, struct buffer *report) {
  for (int step = 0; step < most_steps; ++step) {
    siginfo_t info;
    int status = 0;
    memset(&info, 0, sizeof info);
    if (waitid(P_ALL, 0, &info, WEXITED | WSTOPPED | WNOHANG | WNOWAIT | __WALL) != 0 || info.si_pid == 0) return;
    bool stopped = info.si_code == CLD_TRAPPED || info.si_code == CLD_STOPPED;
    if (!stopped && info.si_pid == leader) return;
    if (waitpid(info.si_pid, &status, WNOHANG | __WALL | WUNTRACED) != info.si_pid || !stopped) continue;
    go_on(leader, info.si_pid, status, report);
  }
}

/* ---- a hang ---- */

static bool stop_thread(pid_t tid, int *patience) {
  const struct timespec pause = {0, stop_pause_ms * 1000000L};
  int status;
  if (ptrace(PTRACE_SEIZE, tid, 0, 0) != 0) return false;
  ptrace(PTRACE_INTERRUPT, tid, 0, 0);
  for (; *patience > 0; *patience -= stop_pause_ms) {
    if (waitpid(tid, &status, WNOHANG | __WALL) == tid) return WIFSTOPPED(status);
    nanosleep(&pause, NULL);
  }
  return false;
}

void look_at_process(pid_t pid, int *patience, struct buffer *report) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
  DIR *threads = opendir(path);
  if (threads == NULL || buffer_size(report) > report_cap) {
    if (threads != NULL) closedir(threads);
    return;
  }
  report_process(pid, report);
  int count = 0;
  for (struct dirent *entry = readdir(threads); entry != NULL && count < most_threads; entry = readdir(threads)) {
    pid_t tid = (pid_t)atoi(entry->d_name);
    if (tid <= 0) continue;
    ++count;
    report_thread(pid, tid, report);
    if (stop_thread(tid, patience)) report_registers(tid, report);
    ptrace(PTRACE_DETACH, tid, 0, 0);
  }
  closedir(threads);
}

#else

void look_be_watched(void) {}

void look_let_go_on(pid_t leader, struct buffer *report) {
  (void)leader;
  (void)report;
}

void look_at_process(pid_t pid, int *patience, struct buffer *report) {
  (void)pid;
  (void)patience;
  (void)report;
}

#endif
