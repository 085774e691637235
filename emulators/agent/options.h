/* SPDX-License-Identifier: Apache-2.0
 *
 * The agent's command line (main.c has it). What is wrong with it is one line on stderr, and the end with exit code 2.
 */
#pragma once

#include "emulators/agent/guest.h"
#include "emulators/agent/namespace.h"

struct options {
  int fd; /* -1: stdin and stdout */
  struct namespace_wishes wishes;
  struct guest_wishes guest;
};

struct options parse_options(int argc, char **argv);
void usage(const char *what);
