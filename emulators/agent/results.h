/* SPDX-License-Identifier: Apache-2.0
 *
 * The files that a program leaves and the host has asked for: named in order, sent piece by piece as the channel takes them.
 *
 * They are looked for part by part below the program's folder, and no symbolic link is followed. What is not sent is said,
 * with the reason. Nothing of the program may live any more.
 */
#pragma once

#include "emulators/agent/spawn.h"

struct results {
  int folder, file; /* -1: none */
  char **names; /* each once, in order; after them NULL */
  size_t at;
  uint64_t size, left, sent;
};

void results_begin(struct results *x, const struct request *r);

/* Sends what the channel takes now; true when all has been sent. */
bool results_send(struct results *x, const struct request *r, struct channel *c);
void results_end(struct results *x);
