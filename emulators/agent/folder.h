/* SPDX-License-Identifier: Apache-2.0
 *
 * Fresh folders for programs: made with their parents, and removed whatever a program left in them (deep trees, folders
 * without permissions, symbolic links, which are never followed). Nothing below a mount point in the folder is touched.
 */
#pragma once

#include <stdbool.h>

/* 0 or errno. */
int folder_make(const char *path);

/* True when it is gone. */
bool folder_remove(const char *path);
