/* SPDX-License-Identifier: Apache-2.0 */
#include "emulators/agent/tree.h"

#include "emulators/agent/look.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

enum { kill_rounds = 600, looks_a_round = 8, kill_pause_ms = 1, max_named = 64, max_looked = 16, look_patience_ms = 500 };

struct process {
  pid_t pid, parent;
  char state;
  bool ours;
  char name[32];
};

struct table {
  struct process *rows;
  size_t count, capacity;
};

void tree_adopt_orphans(void) {
#ifdef PR_SET_CHILD_SUBREAPER
  prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
#endif
}

bool tree_can_find_strays(void) {
#ifdef PR_SET_CHILD_SUBREAPER
  return access("/proc/self/stat", R_OK) == 0;
#else
  return false;
#endif
}

bool leader_has_exited(const struct leader *l) {
  siginfo_t info;
  if (l->reaped) return true;
  memset(&info, 0, sizeof info);
  if (waitid(P_PID, (id_t)l->pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid != l->pid) return false;
  return info.si_code == CLD_EXITED || info.si_code == CLD_KILLED || info.si_code == CLD_DUMPED; /* a watched one stops, too */
}

bool tree_reap(struct leader *l) {
  for (;;) {
    int status;
    struct rusage usage;
    pid_t pid = wait4(-1, &status, WNOHANG, &usage);
    if (pid == 0) return true;
    if (pid < 0 && errno == EINTR) continue;
    if (pid < 0) return false;
    if (pid != l->pid || l->reaped || WIFSTOPPED(status)) continue;
    l->reaped = true;
    l->status = status;
    l->usage = usage;
  }
}

static size_t read_small(const char *path, char *into, size_t size) {
  FILE *file = fopen(path, "re");
  size_t got = 0;
  if (file != NULL) {
    got = fread(into, 1, size - 1, file);
    fclose(file);
  }
  into[got] = 0;
  return got;
}

static bool parse_stat(const char *pid_text, struct process *p) {
  char path[64], line[512];
  int parent;
  snprintf(path, sizeof path, "/proc/%.20s/stat", pid_text);
  if (read_small(path, line, sizeof line) == 0) return false;
  char *open = strchr(line, '('), *close = strrchr(line, ')');
  if (open == NULL || close == NULL || close < open) return false;
  *close = 0;
  if (sscanf(close + 1, " %c %d", &p->state, &parent) != 2) return false;
  p->pid = (pid_t)atoi(pid_text);
  p->parent = (pid_t)parent;
  p->ours = false;
  snprintf(p->name, sizeof p->name, "%s", open + 1);
  return true;
}

static void add_row(struct table *t, const struct process *p) {
  if (t->count == t->capacity) {
    t->capacity = t->capacity * 2 + 256;
    struct process *rows = realloc(t->rows, t->capacity * sizeof *rows);
    if (rows == NULL) _exit(70);
    t->rows = rows;
  }
  t->rows[t->count++] = *p;
}

static bool is_ours(const struct table *t, pid_t pid) {
  if (pid == getpid()) return true;
  for (size_t i = 0; i < t->count; ++i) {
    if (t->rows[i].pid == pid) return t->rows[i].ours;
  }
  return false;
}

/* All processes; the descendants of the agent are marked. A child may have a smaller pid than its parent. */
static bool read_table(struct table *t) {
  memset(t, 0, sizeof *t);
  DIR *folder = opendir("/proc");
  if (folder == NULL) return false;
  for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
    struct process p;
    if (isdigit((unsigned char)entry->d_name[0]) && parse_stat(entry->d_name, &p)) add_row(t, &p);
  }
  closedir(folder);
  for (bool changed = true; changed;) {
    changed = false;
    for (size_t i = 0; i < t->count; ++i) {
      struct process *p = &t->rows[i];
      if (p->ours || !is_ours(t, p->parent)) continue;
      p->ours = changed = true;
    }
  }
  return true;
}

static bool lives(const struct process *p) { return p->ours && p->state != 'Z' && p->state != 'X'; }

int tree_names(pid_t except, struct buffer *texts) {
  struct table t;
  int count = 0;
  if (!tree_can_find_strays() || !read_table(&t)) return 0;
  for (size_t i = 0; i < t.count && count < max_named; ++i) {
    char text[64];
    if (!lives(&t.rows[i]) || t.rows[i].pid == except) continue;
    int size = snprintf(text, sizeof text, "%d %s", (int)t.rows[i].pid, t.rows[i].name);
    buffer_append(texts, text, (size_t)size + 1);
    ++count;
  }
  free(t.rows);
  return count;
}

void tree_evidence(struct buffer *lines, struct buffer *look) {
  struct table t;
  int patience = look_patience_ms, looked = 0;
  if (!tree_can_find_strays() || !read_table(&t)) return;
  for (size_t i = 0; i < t.count; ++i) {
    const struct process *p = &t.rows[i];
    char path[64], wchan[64], line[192];
    if (!p->ours) continue;
    snprintf(path, sizeof path, "/proc/%d/wchan", (int)p->pid);
    if (read_small(path, wchan, sizeof wchan) == 0) strcpy(wchan, "-");
    int size = snprintf(line, sizeof line, "%d %c %s %s\n", (int)p->pid, p->state, wchan, p->name);
    buffer_append(lines, line, (size_t)size);
    if (lives(p) && looked++ < max_looked) look_at_process(p->pid, &patience, look);
  }
  free(t.rows);
}

/* One round: a signal to everything that is known to be below us. */
static void kill_known(const struct leader *l) {
  struct table t;
  if (getpid() == 1) {
    kill(-1, SIGKILL);
    return;
  }
  if (!l->reaped) kill(-l->pid, SIGKILL);
  if (!tree_can_find_strays() || !read_table(&t)) return;
  for (size_t i = 0; i < t.count; ++i) {
    if (lives(&t.rows[i])) kill(t.rows[i].pid, SIGKILL);
  }
  free(t.rows);
}

bool tree_kill(struct leader *l) {
  const struct timespec pause = {0, kill_pause_ms * 1000000L};
  for (int round = 0; round < kill_rounds; ++round) {
    kill_known(l);
    for (int look = 0; look < looks_a_round; ++look) {
      if (!tree_reap(l)) return true;
      nanosleep(&pause, NULL);
    }
  }
  return false;
}
