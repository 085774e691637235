/* SPDX-License-Identifier: Apache-2.0
 *
 * What a process inherits from whoever started it, put right before anything runs below it.
 */
#pragma once

#include <stdbool.h>

/* 0-2 are open afterwards and nothing else but `channel` is. */
void settle_descriptors(int channel);
void settle_limits(void);

/* Returns a descriptor that becomes readable when a child has died, or when we are asked to end. */
int settle_signals(void);
bool is_asked_to_end(void);
