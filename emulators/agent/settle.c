/* SPDX-License-Identifier: Apache-2.0 */
#include "emulators/agent/settle.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "emulators/agent/options.h"

#ifndef __GLIBC_PREREQ
#define __GLIBC_PREREQ(major, minor) 0
#endif

static volatile sig_atomic_t asked_to_end;
static int wake_write_fd = -1;

static void on_signal(int number) {
  int before = errno;
  if (number != SIGCHLD) asked_to_end = 1;
  ssize_t ignored = write(wake_write_fd, "", 1);
  (void)ignored;
  errno = before;
}

void settle_descriptors(int channel) {
  int fd;
  do fd = open("/dev/null", O_RDWR);
  while (fd >= 0 && fd <= 2);
  if (fd > 2) close(fd);
  long last = sysconf(_SC_OPEN_MAX);
  if (last < 0 || last > 65536) last = 65536;
#if defined(__linux__) && defined(__GLIBC__) && __GLIBC_PREREQ(2, 34)
  if (channel > 3) close_range(3, (unsigned)channel - 1, 0);
  if (close_range((unsigned)(channel > 2 ? channel + 1 : 3), ~0U, 0) == 0) return;
#endif
  for (int i = 3; i < last; ++i) {
    if (i != channel) close(i);
  }
}

void settle_limits(void) {
  struct rlimit core;
  umask(0022);
  if (getrlimit(RLIMIT_CORE, &core) == 0) {
    core.rlim_cur = 0;
    setrlimit(RLIMIT_CORE, &core);
  }
}

int settle_signals(void) {
  int ends[2];
  sigset_t none;
  if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) usage("cannot make a pipe");
  wake_write_fd = ends[1];
  for (int number = 1; number < NSIG; ++number) signal(number, SIG_DFL);
  signal(SIGPIPE, SIG_IGN);
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART; /* stops, too: of a watched program */
  sigfillset(&action.sa_mask);
  const int handled[] = {SIGCHLD, SIGTERM, SIGINT, SIGHUP};
  for (size_t i = 0; i < sizeof handled / sizeof *handled; ++i) sigaction(handled[i], &action, NULL);
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  return ends[0];
}

bool is_asked_to_end(void) { return asked_to_end != 0; }
