/* SPDX-License-Identifier: Apache-2.0 */
#include "emulators/agent/spawn.h"

#include "emulators/agent/look.h"
#include "emulators/agent/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

enum { busy_tries = 20, busy_pause_ms = 5, max_texts = 1 << 20 };
enum stage { STAGE_NONE, STAGE_CWD, STAGE_LIMITS, STAGE_EXEC };

/* Written by the child of vfork into the agent's memory: every object of this type is volatile. */
struct failure {
  enum stage stage;
  int error;
};

static char **read_texts(struct reader *r) {
  uint32_t count = read_u32(r);
  if (r->bad || count > max_texts) {
    r->bad = true;
    return NULL;
  }
  char **texts = must_alloc(((size_t)count + 1) * sizeof *texts);
  for (uint32_t i = 0; i < count; ++i) texts[i] = read_text(r);
  return texts;
}

struct request *request_parse(const struct frame *f, struct channel *c) {
  struct request *r = must_alloc(sizeof *r);
  r->payload = must_alloc((size_t)f->length + 1);
  memcpy(r->payload, f->payload, f->length);
  struct reader reader = {r->payload, r->payload + f->length, false};
  r->seq = f->seq;
  r->flags = read_u32(&reader);
  r->argv = read_texts(&reader);
  r->env = read_texts(&reader);
  r->cwd = read_text(&reader);
  r->wall_ms = read_u64(&reader);
  r->cpu_s = read_u64(&reader);
  r->address_space = read_u64(&reader);
  r->file_size = read_u64(&reader);
  r->head = read_u64(&reader);
  r->tail = read_u64(&reader);
  r->rows = read_u32(&reader);
  r->columns = read_u32(&reader);
  r->most_of_one = read_u64(&reader);
  r->most_of_all = read_u64(&reader);
  r->results = read_texts(&reader);
  r->credit = XA_WINDOW;
  r->passed[0] = r->passed[1] = r->passed[2] = -1;
  bool complete = !reader.bad && r->argv[0] != NULL;
  if (complete && (r->flags & XA_PASS_FDS) != 0) complete = channel_take_passed(c, r->passed);
  if (complete) return r;
  request_free(r);
  return NULL;
}

void request_free(struct request *r) {
  for (int i = 0; i < 3; ++i) {
    if (r->passed[i] >= 0) close(r->passed[i]);
  }
  buffer_free(&r->input);
  free(r->argv);
  free(r->env);
  free(r->results);
  free(r->payload);
  free(r);
}

static bool limit(int what, uint64_t value) {
  struct rlimit both = {(rlim_t)value, (rlim_t)value};
  return value == 0 || setrlimit(what, &both) == 0;
}

static void fail(volatile struct failure *f, enum stage stage) {
  f->error = errno;
  f->stage = stage;
  _exit(127);
}

#ifdef __linux__
/* When memory runs out, the program under test goes first, not the agent or a server. */
static void prefer_for_oom(void) {
  int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (fd < 0) return;
  ssize_t ignored = write(fd, "1000", 4);
  (void)ignored;
  close(fd);
}
#endif

/* Runs in the child of vfork: shares the agent's memory, so it calls the system only. */
static void become(const struct request *r, const int stdio[3], volatile struct failure *f) {
  const int handled[] = {SIGPIPE, SIGCHLD, SIGTERM, SIGINT, SIGHUP};
  const struct timespec pause = {0, busy_pause_ms * 1000000L};
  sigset_t none;
  setsid();
  for (size_t i = 0; i < sizeof handled / sizeof *handled; ++i) signal(handled[i], SIG_DFL);
#ifdef __linux__
  prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  prefer_for_oom();
#endif
  for (int i = 0; i < 3; ++i) dup2(stdio[i], i);
  if ((r->flags & XA_WATCH) != 0) look_be_watched();
  if ((r->flags & XA_TERMINAL) != 0) terminal_adopt();
  if (*r->cwd != 0 && chdir(r->cwd) != 0) fail(f, STAGE_CWD);
  if (!limit(RLIMIT_CPU, r->cpu_s) || !limit(RLIMIT_AS, r->address_space) || !limit(RLIMIT_FSIZE, r->file_size)) {
    fail(f, STAGE_LIMITS);
  }
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  for (int tries = 0; tries < busy_tries; ++tries) {
    execve(r->argv[0], r->argv, r->env);
    if (errno != ETXTBSY) break;
    nanosleep(&pause, NULL);
  }
  fail(f, STAGE_EXEC);
}

static bool is_refused(const struct request *r, struct failure f) {
  if (f.stage != STAGE_EXEC) return false;
  return f.error == ENOEXEC || f.error == ELIBBAD || (f.error == ENOENT && access(r->argv[0], F_OK) == 0);
}

static void explain(const struct request *r, struct failure f, char *why, size_t size) {
  const char *text = strerror(f.error);
  const char *program = r->argv[0];
  if (f.stage == STAGE_CWD) {
    snprintf(why, size, "cannot enter '%s': %s", r->cwd, text);
  } else if (f.stage == STAGE_LIMITS) {
    snprintf(why, size, "cannot set the resource limits of '%s': %s", program, text);
  } else if (f.error == ENOENT && access(program, F_OK) == 0) {
    snprintf(why, size, "cannot start '%s': the file exists, its dynamic loader or interpreter does not", program);
  } else {
    snprintf(why, size, "cannot start '%s': %s", program, text);
  }
}

pid_t spawn(const struct request *r, const int stdio[3], char *why, size_t size) {
  volatile struct failure failure = {STAGE_NONE, 0};
  sigset_t all, before;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, &before);
  pid_t pid = vfork();
  if (pid == 0) become(r, stdio, &failure);
  int error = errno;
  sigprocmask(SIG_SETMASK, &before, NULL);
  if (pid < 0) {
    snprintf(why, size, "cannot start '%s': no new process: %s", r->argv[0], strerror(error));
    return SPAWN_FAILED;
  }
  if (failure.stage == STAGE_NONE) return pid;
  explain(r, failure, why, size);
  return is_refused(r, failure) ? SPAWN_REFUSED : SPAWN_FAILED; /* its zombie is reaped with the next run's */
}
