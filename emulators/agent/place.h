/* SPDX-License-Identifier: Apache-2.0
 *
 * Files that the host places here, and whether there is room for a program: a full disk is never the next program's
 * failure.
 *
 * A file that cannot be written is removed, and from then on nothing may start here (place_trouble says why): a program
 * that lacks a part of itself would fail in a way of its own.
 */
#pragma once

#include "emulators/agent/frames.h"

/* PLACE, LINK and REMOVE frames; false: it makes no sense. */
bool place_file(struct reader *payload);
bool place_link(struct reader *payload);
bool place_remove(struct reader *payload);

/* NULL, or why nothing may be started with its folder in `folder`. The first call for a file system sets what is enough. */
const char *place_trouble(const char *folder);
