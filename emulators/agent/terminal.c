/* SPDX-License-Identifier: Apache-2.0 */
#include "emulators/agent/terminal.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

bool terminal_make(int *ours, int *theirs) {
  *ours = posix_openpt(O_RDWR | O_NOCTTY);
  *theirs = -1;
  if (*ours < 0) return false;
  const char *name = grantpt(*ours) == 0 && unlockpt(*ours) == 0 ? ptsname(*ours) : NULL;
  if (name != NULL) *theirs = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (*theirs < 0) {
    close(*ours);
    return false;
  }
  fcntl(*ours, F_SETFD, FD_CLOEXEC);
  fcntl(*ours, F_SETFL, fcntl(*ours, F_GETFL) | O_NONBLOCK);
  return true;
}

void terminal_resize(int fd, uint32_t rows, uint32_t columns) {
  struct winsize size = {(unsigned short)rows, (unsigned short)columns, 0, 0};
  if (rows != 0 && columns != 0) ioctl(fd, TIOCSWINSZ, &size);
}

void terminal_adopt(void) { ioctl(0, TIOCSCTTY, 0); }
