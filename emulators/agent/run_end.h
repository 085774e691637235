/* SPDX-License-Identifier: Apache-2.0
 *
 * The last words about a run, and what it leaves. Private to run*.c.
 */
#pragma once

#include "emulators/agent/run.h"

void log_text(struct channel *c, uint32_t seq, const char *what, const char *which);

/* The rest of its output, its core; then run_go_on(). */
void run_finish(struct run *run, struct channel *c);

/* Of a finished run: its result files as the channel takes them. After the last, ENDED; its folder is removed and no run is
 * at hand. */
void run_go_on(struct run *run, struct channel *c);

/* ENDED, of one that never began. `how` as in ENDED. */
void run_refuse(struct run *run, struct channel *c, uint32_t how, const char *why);

/* Its folder is removed and no run is at hand; nothing is said. */
void run_forget(struct run *run);
