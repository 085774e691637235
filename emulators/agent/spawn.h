/* SPDX-License-Identifier: Apache-2.0
 *
 * One request of the host (a parsed RUN frame with what came for it since) and how its process is started: a session of
 * its own, default signals, empty mask, limits, exact environment, nothing above descriptor 2. The agent itself holds
 * only close-on-exec descriptors, and its umask 0022 and core limit 0 are inherited.
 */
#pragma once

#include "emulators/agent/frames.h"

#include <sys/types.h>

struct request {
  struct request *next;
  uint32_t seq, flags;
  char **argv, **env, *cwd;
  uint32_t rows, columns;
  uint64_t wall_ms, cpu_s, address_space, file_size, head, tail, credit;
  char **results; /* patterns */
  uint64_t most_of_one, most_of_all;
  int passed[3];
  struct buffer input; /* STDIN bytes that were not written yet */
  bool input_ended, dropped;
  unsigned char *payload; /* the texts point into it */
};

/* NULL: the frame is malformed, or its descriptors did not come. */
struct request *request_parse(const struct frame *f, struct channel *c);
void request_free(struct request *r);

/* The pid; otherwise a sentence in `why` and SPAWN_REFUSED if the system does not take the file (its format, its loader),
 * or SPAWN_FAILED. The program is running (or has failed to) when this returns. */
enum { SPAWN_FAILED = -1, SPAWN_REFUSED = -2 };
pid_t spawn(const struct request *r, const int stdio[3], char *why, size_t size);
