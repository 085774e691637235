/* SPDX-License-Identifier: Apache-2.0
 *
 * Everything that descends from the agent. Runs are strictly one after another, so whatever is alive below the agent
 * belongs to the run at hand, also when it has detached itself by setsid and double forks.
 *
 * On Linux orphans come to the agent (PR_SET_CHILD_SUBREAPER, or as init of a pid namespace) and /proc names them.
 * Elsewhere only the process group of the leader is known. The zombie of the leader is kept until it is reaped here.
 */
#pragma once

#include <stdbool.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "emulators/agent/frames.h"

struct leader {
  pid_t pid;
  bool reaped;
  int status;
  struct rusage usage;
};

void tree_adopt_orphans(void);
bool tree_can_find_strays(void);

bool leader_has_exited(const struct leader *l);

/* Reaps every dead child, the leader included; false when no child is left at all. */
bool tree_reap(struct leader *l);

/* Appends what lives below the agent, without `except`, as texts "pid name" (each NUL-terminated); returns how many. */
int tree_names(pid_t except, struct buffer *texts);

/* Appends lines "pid state wchan name" of everything below the agent, and what a look into the first of them shows. */
void tree_evidence(struct buffer *lines, struct buffer *look);

/* Kills until nothing is left, at most some seconds; false when something would not die. Reaps. */
bool tree_kill(struct leader *l);
