/* SPDX-License-Identifier: Apache-2.0 */
#include "emulators/agent/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emulators/agent/frames.h"

enum { exit_usage = 2 };

void usage(const char *what) {
  fprintf(stderr, "xtest-agent: %s\n", what);
  exit(exit_usage);
}

static void add_mount(struct namespace_wishes *w, enum mount_kind kind, const char *spec) {
  w->mounts[w->mount_count].kind = kind;
  w->mounts[w->mount_count++].spec = spec;
}

struct options parse_options(int argc, char **argv) {
  struct options o = {-1, {0}, {0}};
  o.wishes.mounts = must_alloc((size_t)argc * sizeof *o.wishes.mounts);
  o.wishes.binfmt = must_alloc((size_t)argc * sizeof *o.wishes.binfmt);
  for (int i = 1; i < argc; ++i) {
    const char *name = argv[i];
    if (strcmp(name, "--userns") == 0 || strcmp(name, "--userns=self") == 0) {
      o.wishes.user = true;
    } else if (strcmp(name, "--userns=root") == 0) {
      o.wishes.user = o.wishes.as_root = true;
    } else if (strcmp(name, "--pidns") == 0) {
      o.wishes.pids = true;
    } else if (i + 1 == argc) {
      usage("unknown option, or its value is missing");
    } else if (strcmp(name, "--fd") == 0) {
      o.fd = atoi(argv[++i]);
    } else if (strcmp(name, "--bind") == 0) {
      add_mount(&o.wishes, MOUNT_BIND, argv[++i]);
    } else if (strcmp(name, "--overlay") == 0) {
      add_mount(&o.wishes, MOUNT_OVERLAY, argv[++i]);
    } else if (strcmp(name, "--binfmt") == 0) {
      o.wishes.binfmt[o.wishes.binfmt_count++] = argv[++i];
    } else if (strcmp(name, "--clock") == 0) {
      o.guest.clock = argv[++i];
    } else if (strcmp(name, "--entropy") == 0) {
      o.guest.entropy = argv[++i];
    } else {
      usage("unknown option");
    }
  }
  return o;
}
