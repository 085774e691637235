/* SPDX-License-Identifier: Apache-2.0
 *
 * What the agent does for the system it lives in when that system is a guest of ours, taken back from a snapshot of its
 * memory: the time is set anew, and the random generator is fed, since two clones would otherwise read the same bytes.
 *
 * Whatever fails is one line on stderr and ends the process with XA_SETUP_FAILED.
 */
#pragma once

struct guest_wishes {
  const char *clock;   /* --clock SECONDS since 1970, or NULL */
  const char *entropy; /* --entropy HEX, at least 32 bytes, or NULL; Linux only */
};

void guest_settle(const struct guest_wishes *wishes);

/* A program that set the clock must not be the next one's trouble: undone, if the clock was set by us. */
void guest_guard_clock(void);
