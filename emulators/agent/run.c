/* SPDX-License-Identifier: Apache-2.0 */
#include "emulators/agent/run.h"

#include "emulators/agent/folder.h"
#include "emulators/agent/guest.h"
#include "emulators/agent/look.h"
#include "emulators/agent/place.h"
#include "emulators/agent/run_end.h"
#include "emulators/agent/run_streams.h"
#include "emulators/agent/stdio.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { grace_us = 300000, go_us = 1000000, debugged_us = 4000000, stopped_us = 3000000, wake_ms = 1000 };

static const uint64_t never = UINT64_MAX;

uint64_t now_us(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u;
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
    run_refuse(run, c, how, why);
    return;
  }
  run->deadline_us = request->wall_ms == 0 ? never : run->begin_us + request->wall_ms * 1000u;
  frame_begin(c, XA_STARTED, request->seq);
  frame_u32(c, (uint32_t)run->leader.pid);
  frame_end(c);
}

int run_poll(const struct run *run, const struct channel *c, struct pollfd polls[run_polls]) {
  if (run->finished) return channel_takes_more(c) ? 0 : wake_ms;
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

static void end_by_force(struct run *run, struct channel *c) {
  if (!run->timed_out && !run->kill_asked) run->stray_count = tree_names(run->leader.pid, &run->strays);
  kill_tree(run, c);
  drain(run, c);
  run_finish(run, c);
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
    run_finish(run, c);
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
  if (run->finished) {
    run_go_on(run, c);
    return;
  }
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
  run_forget(run);
}
