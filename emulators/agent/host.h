/* SPDX-License-Identifier: Apache-2.0
 *
 * The host at the other end of the channel: the runs it has asked for, and what else it says.
 */
#pragma once

#include "emulators/agent/run.h"

struct agent {
  struct channel channel;
  struct request *first, *last; /* waiting, in order */
  struct run run;
  int null_fd, wake_fd;
  uint64_t gather_until; /* 0: nothing waits to be sent */
  bool leaving;
};

/* Takes what has come. A host that does not speak our protocol ends this process with exit code 3. */
void host_listen(struct agent *a);

/* Kills what runs, forgets what waits, closes the channel. */
void host_leave(struct agent *a);
