/* SPDX-License-Identifier: Apache-2.0
 *
 * Names of this system's signals: "SEGV", "RTMIN+2", "SIG77". The numbers differ between systems; the name travels.
 */
#pragma once

#include <stddef.h>

/* A constant, or `text` filled in. */
const char *signal_text(int number, char *text, size_t size);
