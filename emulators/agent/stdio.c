/* SPDX-License-Identifier: Apache-2.0 */
#include "emulators/agent/stdio.h"

#include "emulators/agent/terminal.h"

#include <fcntl.h>
#include <unistd.h>

static bool make_pipe(int ends[2], int ours) {
  if (pipe2(ends, O_CLOEXEC) != 0) return false;
  fcntl(ends[ours], F_SETFL, fcntl(ends[ours], F_GETFL) | O_NONBLOCK);
  return true;
}

static bool make_terminal(struct run *run, int theirs[3], bool made[3]) {
  int ours, end;
  if (!terminal_make(&ours, &end)) return false;
  terminal_resize(ours, run->request->rows, run->request->columns);
  theirs[0] = theirs[1] = theirs[2] = end;
  made[0] = true;
  run->streams[0].fd = ours;
  run->input = fcntl(ours, F_DUPFD_CLOEXEC, 3);
  return run->input >= 0;
}

bool stdio_make(struct run *run, int null_fd, int theirs[3], bool made[3]) {
  const struct request *r = run->request;
  for (int i = 0; i < 3; ++i) {
    theirs[i] = (r->flags & XA_PASS_FDS) != 0 ? r->passed[i] : null_fd;
    made[i] = false;
  }
  if ((r->flags & XA_PASS_FDS) != 0) return true;
  if ((r->flags & XA_TERMINAL) != 0) return make_terminal(run, theirs, made);
  for (int i = 0; i < 3; ++i) {
    int ends[2], ours = i == 0 ? 1 : 0;
    if (i == 0 && (r->flags & XA_STDIN_PIPE) == 0) continue;
    if (!make_pipe(ends, ours)) return false;
    theirs[i] = ends[1 - ours];
    made[i] = true;
    if (i == 0) run->input = ends[ours];
    else run->streams[i - 1].fd = ends[ours];
  }
  return true;
}
