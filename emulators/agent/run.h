/* SPDX-License-Identifier: Apache-2.0
 *
 * The run at hand:
 *
 *   started --leader exits--> exited --pipes closed and nothing left below us--> ended
 *      |                         `-----one fixed grace passed: strays are named and killed-----^
 *      `-wall limit, or KILL from the host: evidence, the whole tree is killed--> exited
 *                   `-a Go program: SIGQUIT, a moment for its goroutines' stacks--^
 *
 *   ended --all result files have been sent, or KILL--> ENDED
 *
 * The head of each stream is forwarded as it comes and as credit allows, the tail is kept in a ring and sent at the
 * end.
 */
#pragma once

#include "emulators/agent/results.h"
#include "emulators/agent/tree.h"

#include <poll.h>

enum { run_polls = 3 };

struct stream {
  int fd; /* -1: closed */
  uint64_t head_left, total, kept; /* kept: bytes that ever went into the ring */
  unsigned char *ring;
};

struct run {
  struct request *request; /* NULL: there is none */
  struct leader leader;
  struct stream streams[2];
  int input;
  uint64_t begin_us, seen_us, deadline_us, grace_us, wall_us;
  bool exited, timed_out, kill_asked, asked, finished;
  struct results results; /* once it is finished */
  int stray_count;
  struct buffer strays, evidence, look;
};

uint64_t now_us(void);

/* Takes the request. When it cannot be started, ENDED is sent and no run is at hand. */
void run_start(struct run *run, struct request *request, int null_fd, struct channel *c);

/* Fills `polls` (fd -1 where nothing is wanted) and returns the milliseconds to wait at most, -1 for ever. */
int run_poll(const struct run *run, const struct channel *c, struct pollfd polls[run_polls]);

/* Does what has become possible; ends the run when it is over. */
void run_step(struct run *run, const struct pollfd polls[run_polls], struct channel *c);

/* Kills and cleans up without a word: the host is gone. */
void run_abandon(struct run *run);
