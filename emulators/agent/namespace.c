/* SPDX-License-Identifier: Apache-2.0 */
#include "emulators/agent/namespace.h"

#include "emulators/agent/protocol.h"

#include <stdio.h>
#include <stdlib.h>

#ifndef __linux__

void namespace_enter(const struct namespace_wishes *wishes, const int control[2]) {
  (void)control;
  if (!wishes->user && !wishes->pids && wishes->mount_count == 0 && wishes->binfmt_count == 0) return;
  fprintf(stderr, "cannot make a namespace: this system is not Linux\n");
  exit(XA_SETUP_FAILED);
}

#else

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const char binfmt_folder[] = "/proc/sys/fs/binfmt_misc";

/* Prints the line and, if there is one, what errno says. */
static void give_up(int error, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vfprintf(stderr, format, arguments);
  va_end(arguments);
  if (error != 0) fprintf(stderr, ": %s", strerror(error));
  fputc('\n', stderr);
  exit(XA_SETUP_FAILED);
}

static void write_file(const char *path, const char *text) {
  int fd = open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) give_up(errno, "cannot open '%s'", path);
  if (write(fd, text, strlen(text)) != (ssize_t)strlen(text)) give_up(errno, "cannot write '%s'", path);
  close(fd);
}

struct ids {
  unsigned user, group;
};

static void map_ids(struct ids inside, struct ids outside) {
  char line[64];
  write_file("/proc/self/setgroups", "deny");
  snprintf(line, sizeof line, "%u %u 1", inside.user, outside.user);
  write_file("/proc/self/uid_map", line);
  snprintf(line, sizeof line, "%u %u 1", inside.group, outside.group);
  write_file("/proc/self/gid_map", line);
}

static void unshare_all(const struct namespace_wishes *w) {
  const struct ids before = {(unsigned)geteuid(), (unsigned)getegid()}, root = {0, 0};
  int flags = CLONE_NEWNS;
  if (w->user) flags |= CLONE_NEWUSER;
  if (w->pids) flags |= CLONE_NEWPID | CLONE_NEWIPC;
  if (unshare(flags) != 0) {
    int error = errno;
    give_up(error, "cannot make a %s namespace (user.max_user_namespaces, or a security policy)",
            w->user ? "user" : "mount");
  }
  if (w->user) map_ids(root, before);
}

/* Mounting and registering needs root's number, since binfmt_misc's files belong to it. A second user namespace inside
   the first gives the old number back; what is registered in the outer one holds in the inner one. */
static void become_self(struct ids before) {
  const struct ids root = {0, 0};
  if (before.user == 0 && before.group == 0) return;
  if (unshare(CLONE_NEWUSER) != 0) give_up(errno, "cannot make a second user namespace");
  map_ids(before, root);
}

static pid_t init_pid;

static void forward_signal(int number) {
  (void)number;
  if (init_pid > 0) kill(init_pid, SIGKILL);
}

/* The parent of init: waits, and ends as it ended. */
static void wait_for_init(const int control[2]) {
  int status;
  close(control[0]);
  if (control[1] != control[0]) close(control[1]);
  signal(SIGTERM, forward_signal);
  signal(SIGINT, forward_signal);
  signal(SIGHUP, forward_signal);
  while (waitpid(init_pid, &status, 0) < 0) {
    if (errno != EINTR) _exit(XA_SETUP_FAILED);
  }
  _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

static void become_init(const int control[2]) {
  init_pid = fork();
  if (init_pid < 0) give_up(errno, "cannot start the init process of a pid namespace");
  if (init_pid > 0) wait_for_init(control);
  prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) != 0) {
    give_up(errno, "cannot mount /proc of the pid namespace");
  }
}

static void resolve(const char *path, char resolved[PATH_MAX]) {
  if (realpath(path, resolved) == NULL) give_up(errno, "cannot mount '%s'", path);
}

static void mount_one(const struct mount_wish *wish) {
  char from[PATH_MAX], to[PATH_MAX], options[2 * PATH_MAX + 32];
  const char *colon = strchr(wish->spec, ':');
  if (colon == NULL) give_up(0, "cannot mount '%s': want FROM:TO", wish->spec);
  char *left = strndup(wish->spec, (size_t)(colon - wish->spec));
  if (left == NULL) give_up(errno, "cannot mount '%s'", wish->spec);
  resolve(left, from);
  resolve(colon + 1, to);
  free(left);
  if (wish->kind == MOUNT_BIND) {
    if (mount(from, to, NULL, MS_BIND | MS_REC, NULL) != 0) give_up(errno, "cannot bind '%s' to '%s'", from, to);
    return;
  }
  if (strpbrk(from, ":,\\") != NULL || strpbrk(to, ":,\\") != NULL) {
    give_up(0, "cannot overlay '%s' on '%s': a path contains ':', ',' or '\\'", from, to);
  }
  snprintf(options, sizeof options, "lowerdir=%s:%s", from, to);
  if (mount("overlay", to, "overlay", 0, options) != 0) give_up(errno, "cannot overlay '%s' on '%s'", from, to);
}

static void register_binfmt(const struct namespace_wishes *w) {
  char path[sizeof binfmt_folder + 16];
  if (w->binfmt_count == 0) return;
  if (!w->user) give_up(0, "--binfmt needs --userns: a registration outside of it would change the whole machine");
  if (mount("binfmt_misc", binfmt_folder, "binfmt_misc", 0, NULL) != 0) {
    give_up(errno, "cannot mount a private binfmt_misc on %s (Linux 6.7)", binfmt_folder);
  }
  snprintf(path, sizeof path, "%s/register", binfmt_folder);
  for (int i = 0; i < w->binfmt_count; ++i) {
    size_t size = strlen(w->binfmt[i]) + 2;
    char *line = malloc(size);
    if (line == NULL) give_up(errno, "cannot register '%s'", w->binfmt[i]);
    snprintf(line, size, "%s%s", w->binfmt[i][0] == ':' ? "" : ":", w->binfmt[i]);
    write_file(path, line);
    free(line);
  }
}

void namespace_enter(const struct namespace_wishes *w, const int control[2]) {
  if (!w->user && !w->pids && w->mount_count == 0 && w->binfmt_count == 0) return;
  const struct ids before = {(unsigned)geteuid(), (unsigned)getegid()};
  unshare_all(w);
  if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) give_up(errno, "cannot make the mounts private");
  if (w->pids) become_init(control);
  for (int i = 0; i < w->mount_count; ++i) mount_one(&w->mounts[i]);
  register_binfmt(w);
  if (w->user && !w->as_root) become_self(before);
}

#endif
