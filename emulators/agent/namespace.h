/* SPDX-License-Identifier: Apache-2.0
 *
 * The private world of an agent (Linux only): a user and mount namespace in which binfmt_misc is ours, overlays put a
 * target's loader and libraries at their real paths, and, if asked for, a pid namespace.
 *
 * Set up once, before the first frame, by any user. Whatever fails is reported as one line on stderr and ends the
 * process with XA_SETUP_FAILED, so that the executor can fall back. Needs Linux 6.7 for binfmt_misc, 5.11 for overlays.
 */
#pragma once

#include <stdbool.h>

enum mount_kind { MOUNT_BIND, MOUNT_OVERLAY };

struct mount_wish {
  enum mount_kind kind;
  const char *spec; /* FROM:TO */
};

struct namespace_wishes {
  bool user;    /* --userns: own user and mount namespace */
  bool as_root; /* --userns=root: we are uid 0 in it, otherwise the uid we had */
  bool pids;    /* --pidns: own pid and ipc namespace; programs see /proc of it alone */
  struct mount_wish *mounts; /* in order */
  int mount_count;
  char **binfmt; /* NAME:M::MAGIC:MASK:INTERPRETER:FLAGS */
  int binfmt_count;
};

/* With --pidns the caller becomes init of the new namespace in a child process; the parent only waits for it and never
   returns. `control` are the descriptors that the waiting parent has to close. */
void namespace_enter(const struct namespace_wishes *wishes, const int control[2]);
