/* SPDX-License-Identifier: Apache-2.0 */
#include "emulators/agent/run.h"

#include "emulators/agent/folder.h"
#include "emulators/agent/guest.h"
#include "emulators/agent/look.h"
#include "emulators/agent/place.h"
#include "emulators/agent/signals.h"
#include "emulators/agent/stdio.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { grace_us = 300000, go_us = 1000000, debugged_us = 4000000, stopped_us = 3000000, wake_ms = 1000 };
enum { read_step = 64 << 10, outgoing_enough = 1 << 20, core_cap = 16 << 20, core_piece = 1 << 20 };

static const uint64_t never = UINT64_MAX;

uint64_t now_us(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u;
}

static void close_fd(int *fd) {
  if (*fd >= 0) close(*fd);
  *fd = -1;
}

/* ---- ending ---- */

struct verdict {
  uint32_t how, number;
  const char *text;
};

static uint64_t microseconds(struct timeval t) { return (uint64_t)t.tv_sec * 1000000u + (uint64_t)t.tv_usec; }

static void send_ended(struct channel *c, const struct run *run, uint32_t seq, struct verdict v) {
  frame_begin(c, XA_ENDED, seq);
  frame_u32(c, v.how);
  frame_u32(c, v.number);
  frame_text(c, v.text);
  frame_u64(c, microseconds(run->leader.usage.ru_utime));
  frame_u64(c, microseconds(run->leader.usage.ru_stime));
  frame_u64(c, run->wall_us);
  frame_u64(c, (uint64_t)run->leader.usage.ru_maxrss);
  frame_u64(c, run->streams[0].total);
  frame_u64(c, run->streams[1].total);
  frame_u32(c, (uint32_t)run->stray_count);
  const char *stray = (const char *)buffer_data(&run->strays);
  for (int i = 0; i < run->stray_count; ++i, stray += strlen(stray) + 1) frame_text(c, stray);
  frame_u32(c, (uint32_t)buffer_size(&run->evidence));
  frame_bytes(c, buffer_data(&run->evidence), buffer_size(&run->evidence));
  frame_bytes(c, "", 1);
  frame_u32(c, (uint32_t)buffer_size(&run->look));
  frame_bytes(c, buffer_data(&run->look), buffer_size(&run->look));
  frame_bytes(c, "", 1);
  frame_end(c);
}

static void log_text(struct channel *c, uint32_t seq, const char *what, const char *which) {
  char text[512];
  snprintf(text, sizeof text, "%s%s", what, which);
  frame_begin(c, XA_LOG, seq);
  frame_text(c, text);
  frame_end(c);
}

static void remove_folder(const struct request *r, struct channel *c) {
  if ((r->flags & XA_FRESH_CWD) == 0 || (r->flags & XA_KEEP_CWD) != 0 || *r->cwd == 0) return;
  if (!folder_remove(r->cwd) && c != NULL) log_text(c, r->seq, "cannot remove the folder ", r->cwd);
}

static void clear(struct run *run) {
  for (int i = 0; i < 2; ++i) {
    close_fd(&run->streams[i].fd);
    free(run->streams[i].ring);
  }
  close_fd(&run->input);
  buffer_free(&run->strays);
  buffer_free(&run->evidence);
  buffer_free(&run->look);
  request_free(run->request);
  memset(run, 0, sizeof *run);
}

static void send_output(struct channel *c, uint32_t seq, uint32_t which, const unsigned char *bytes, size_t size) {
  if (size == 0) return;
  frame_begin(c, XA_OUTPUT, seq);
  frame_u32(c, which);
  frame_bytes(c, bytes, size);
  frame_end(c);
}

static void send_tail(struct channel *c, const struct run *run, uint32_t which) {
  const struct stream *s = &run->streams[which];
  const struct request *r = run->request;
  if (s->kept > r->tail) {
    frame_begin(c, XA_SKIPPED, r->seq);
    frame_u32(c, which);
    frame_u64(c, s->kept - r->tail);
    frame_end(c);
    size_t at = (size_t)(s->kept % (r->tail != 0 ? r->tail : 1));
    if (s->ring == NULL) return;
    send_output(c, r->seq, which, s->ring + at, (size_t)r->tail - at);
    send_output(c, r->seq, which, s->ring, at);
  } else if (s->ring != NULL) {
    send_output(c, r->seq, which, s->ring, (size_t)s->kept);
  }
}

static struct verdict verdict_of(const struct run *run, char *text, size_t size) {
  struct verdict v = {XA_EXITED, 0, ""};
  int status = run->leader.reaped ? run->leader.status : SIGKILL;
  if (run->timed_out) {
    v.how = XA_TIMED_OUT;
  } else if (WIFSIGNALED(status)) {
    v.how = XA_SIGNALLED;
    v.number = (uint32_t)WTERMSIG(status);
    v.text = signal_text(WTERMSIG(status), text, size);
  } else {
    v.number = (uint32_t)WEXITSTATUS(status);
  }
  return v;
}

static void send_core(const struct run *run, struct channel *c) {
  size_t size = 0;
  const struct request *r = run->request;
  if ((r->flags & XA_WATCH) == 0 || !run->leader.reaped || !WIFSIGNALED(run->leader.status)) return;
  unsigned char *core = look_find_core(r->cwd, core_cap, &size);
  for (size_t at = 0; core != NULL && at < size; at += core_piece) {
    send_output(c, r->seq, 2, core + at, size - at < core_piece ? size - at : core_piece);
  }
  free(core);
}

static void finish(struct run *run, struct channel *c) {
  char text[32];
  for (uint32_t i = 0; i < 2; ++i) {
    close_fd(&run->streams[i].fd);
    send_tail(c, run, i);
  }
  send_core(run, c);
  remove_folder(run->request, c);
  send_ended(c, run, run->request->seq, verdict_of(run, text, sizeof text));
  clear(run);
}

/* ---- starting ---- */

/* 0, or XA_NOT_STARTED or XA_NO_ROOM with a sentence in `why`. */
static uint32_t make_fresh_folder(const struct request *r, char *why, size_t size) {
  if ((r->flags & XA_FRESH_CWD) == 0) return 0;
  int error = folder_make(r->cwd);
  const char *trouble = error == 0 ? place_trouble(r->cwd) : NULL;
  if (error != 0) snprintf(why, size, "cannot make the folder '%s': %s", r->cwd, strerror(error));
  else if (trouble != NULL) snprintf(why, size, "%s", trouble);
  else return 0;
  return trouble != NULL || error == ENOSPC ? XA_NO_ROOM : XA_NOT_STARTED;
}

/* 0, or how it ended before it began. */
static uint32_t launch(struct run *run, int null_fd, char *why, size_t size) {
  struct request *r = run->request;
  int theirs[3];
  bool made[3];
  if (r->dropped) {
    snprintf(why, size, "cancelled before it was started");
    return XA_NOT_STARTED;
  }
  uint32_t how = make_fresh_folder(r, why, size);
  if (how != 0) return how;
  bool ready = stdio_make(run, null_fd, theirs, made);
  if (ready) run->leader.pid = spawn(r, theirs, why, size);
  else snprintf(why, size, "cannot make a pipe: %s", strerror(errno));
  for (int i = 0; i < 3; ++i) {
    if (made[i]) close(theirs[i]);
    if (r->passed[i] >= 0) close_fd(&r->passed[i]);
  }
  return ready && run->leader.pid > 0 ? 0 : XA_NOT_STARTED;
}

void run_start(struct run *run, struct request *request, int null_fd, struct channel *c) {
  char why[1024];
  memset(run, 0, sizeof *run);
  run->request = request;
  run->input = run->streams[0].fd = run->streams[1].fd = -1;
  run->streams[0].head_left = run->streams[1].head_left = request->head;
  run->begin_us = run->seen_us = now_us();
  guest_guard_clock();
  uint32_t how = launch(run, null_fd, why, sizeof why);
  if (how != 0) {
    struct verdict v = {how, run->leader.pid == SPAWN_REFUSED, why};
    if (!request->dropped) remove_folder(request, c);
    send_ended(c, run, request->seq, v);
    clear(run);
    return;
  }
  run->deadline_us = request->wall_ms == 0 ? never : run->begin_us + request->wall_ms * 1000u;
  frame_begin(c, XA_STARTED, request->seq);
  frame_u32(c, (uint32_t)run->leader.pid);
  frame_end(c);
}

/* ---- streams ---- */

static void keep_tail(struct stream *s, uint64_t cap, const unsigned char *bytes, size_t size) {
  if (cap == 0) {
    s->kept += size;
    return;
  }
  if (s->ring == NULL) s->ring = must_alloc((size_t)cap);
  if (size > cap) {
    s->kept += size - cap;
    bytes += size - cap;
    size = (size_t)cap;
  }
  size_t at = (size_t)(s->kept % cap);
  size_t first = size < cap - at ? size : (size_t)cap - at;
  memcpy(s->ring + at, bytes, first);
  memcpy(s->ring, bytes + first, size - first);
  s->kept += size;
}

static void read_stream(struct run *run, uint32_t which, struct channel *c) {
  static unsigned char bytes[read_step];
  struct stream *s = &run->streams[which];
  struct request *r = run->request;
  ssize_t got = read(s->fd, bytes, sizeof bytes);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) {
    close_fd(&s->fd);
    return;
  }
  size_t to_head = (uint64_t)got < s->head_left ? (size_t)got : (size_t)s->head_left;
  s->total += (uint64_t)got;
  s->head_left -= to_head;
  r->credit -= to_head < r->credit ? to_head : r->credit;
  send_output(c, r->seq, which, bytes, to_head);
  if ((size_t)got > to_head) keep_tail(s, r->tail, bytes + to_head, (size_t)got - to_head);
}

/* Returns how many bytes the program's pipe took. */
static uint64_t write_input(struct run *run) {
  struct request *r = run->request;
  uint64_t taken = 0;
  if (run->input < 0) return taken;
  while (buffer_size(&r->input) > 0) {
    ssize_t done = write(run->input, buffer_data(&r->input), buffer_size(&r->input));
    if (done < 0 && errno == EINTR) continue;
    if (done < 0 && errno == EAGAIN) return taken;
    if (done < 0) { /* nobody reads it any more */
      close_fd(&run->input);
      return taken;
    }
    buffer_consume(&r->input, (size_t)done);
    taken += (uint64_t)done;
  }
  if (r->input_ended) close_fd(&run->input);
  return taken;
}

static void feed_input(struct run *run, struct channel *c) {
  uint64_t taken = write_input(run);
  if (taken == 0) return;
  frame_begin(c, XA_TAKEN, run->request->seq);
  frame_u64(c, taken);
  frame_end(c);
}

/* The program is held back while the host has not taken what there is; once it has exited, no longer. */
static bool may_read(const struct run *run, const struct channel *c, const struct stream *s) {
  if (s->fd < 0) return false;
  if (run->exited || s->head_left == 0) return true;
  return run->request->credit > 0 && buffer_size(&c->outgoing) < outgoing_enough;
}

int run_poll(const struct run *run, const struct channel *c, struct pollfd polls[run_polls]) {
  uint64_t until = run->exited ? run->grace_us : run->deadline_us, now = now_us();
  for (int i = 0; i < 2; ++i) {
    polls[i].fd = may_read(run, c, &run->streams[i]) ? run->streams[i].fd : -1;
    polls[i].events = POLLIN;
  }
  bool input_waits = buffer_size(&run->request->input) > 0 || run->request->input_ended;
  polls[2].fd = input_waits ? run->input : -1;
  polls[2].events = POLLOUT;
  if (until == never) return -1;
  if (until <= now) return 0;
  uint64_t wait_ms = (until - now + 999) / 1000;
  return wait_ms > wake_ms ? wake_ms : (int)wait_ms;
}

/* ---- the end of a run ---- */

static void kill_tree(struct run *run, struct channel *c) {
  if (!tree_kill(&run->leader)) log_text(c, run->request->seq, "something of this run cannot be killed", "");
}

static void enter_exited(struct run *run, uint64_t now) {
  run->exited = true;
  if (!run->timed_out) run->wall_us = now - run->begin_us;
  run->grace_us = now + grace_us;
}

/* What is still in the pipes of a tree that is dead. */
static void drain(struct run *run, struct channel *c) {
  for (uint32_t i = 0; i < 2; ++i) {
    struct pollfd ready = {run->streams[i].fd, POLLIN, 0};
    for (int step = 0; step < 64 && run->streams[i].fd >= 0 && poll(&ready, 1, 0) > 0; ++step) read_stream(run, i, c);
  }
}

static void end_by_force(struct run *run, struct channel *c) {
  if (!run->timed_out && !run->kill_asked) run->stray_count = tree_names(run->leader.pid, &run->strays);
  kill_tree(run, c);
  drain(run, c);
  finish(run, c);
}

/* True: the program (or its debugger) has been asked for its own account of the hang, and has a moment for it. */
static bool observe_hang(struct run *run, uint64_t now) {
  if (run->asked) return false;
  run->timed_out = true;
  run->wall_us = now - run->begin_us;
  tree_evidence(&run->evidence, &run->look);
  const bool interrupts = (run->request->flags & XA_INTERRUPT) != 0;
  const int number = interrupts ? SIGINT : look_is_go(run->request->argv) ? SIGQUIT : 0;
  run->asked = number != 0 && kill(run->leader.pid, number) == 0;
  run->deadline_us = now_us() + (interrupts ? debugged_us : go_us);
  return run->asked;
}

static void step_running(struct run *run, struct channel *c, uint64_t now) {
  if ((run->request->flags & XA_WATCH) != 0) look_let_go_on(run->leader.pid, &run->look);
  if (leader_has_exited(&run->leader)) {
    enter_exited(run, now);
  } else if (run->kill_asked || now >= run->deadline_us) {
    if (!run->kill_asked && observe_hang(run, now)) return;
    enter_exited(run, now);
    end_by_force(run, c);
  }
}

static void step_exited(struct run *run, struct channel *c, uint64_t now) {
  bool closed = run->streams[0].fd < 0 && run->streams[1].fd < 0;
  if (closed && tree_can_find_strays() && !tree_reap(&run->leader)) {
    finish(run, c);
  } else if (now >= run->grace_us || run->kill_asked || (closed && !tree_can_find_strays())) {
    end_by_force(run, c);
  }
}

/* Time in which this process, or all of the machine below it, was stopped is not the program's. */
static void notice_a_stop(struct run *run, uint64_t now) {
  uint64_t passed = now - run->seen_us;
  run->seen_us = now;
  if (passed > stopped_us && run->deadline_us != never) run->deadline_us += passed;
}

void run_step(struct run *run, const struct pollfd polls[run_polls], struct channel *c) {
  for (uint32_t i = 0; i < 2; ++i) {
    if (polls[i].fd >= 0 && polls[i].revents != 0) read_stream(run, i, c);
  }
  feed_input(run, c);
  uint64_t now = now_us();
  notice_a_stop(run, now);
  if (!run->exited) step_running(run, c, now);
  if (run->request != NULL && run->exited) step_exited(run, c, now);
}

void run_abandon(struct run *run) {
  tree_kill(&run->leader);
  remove_folder(run->request, NULL);
  clear(run);
}
