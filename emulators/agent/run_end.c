/* SPDX-License-Identifier: Apache-2.0 */
#include "emulators/agent/run_end.h"

#include "emulators/agent/folder.h"
#include "emulators/agent/look.h"
#include "emulators/agent/run_streams.h"
#include "emulators/agent/signals.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

enum { core_cap = 16 << 20, core_piece = 1 << 20 };

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

void log_text(struct channel *c, uint32_t seq, const char *what, const char *which) {
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

void run_finish(struct run *run, struct channel *c) {
  for (uint32_t i = 0; i < 2; ++i) {
    close_fd(&run->streams[i].fd);
    send_tail(c, run, i);
  }
  send_core(run, c);
  run->finished = true;
  results_begin(&run->results, run->request);
  run_go_on(run, c);
}

void run_go_on(struct run *run, struct channel *c) {
  char text[32];
  if (!run->kill_asked && !results_send(&run->results, run->request, c)) return;
  results_end(&run->results);
  remove_folder(run->request, c);
  send_ended(c, run, run->request->seq, verdict_of(run, text, sizeof text));
  clear(run);
}

void run_refuse(struct run *run, struct channel *c, uint32_t how, const char *why) {
  struct verdict v = {how, run->leader.pid == SPAWN_REFUSED, why};
  if (!run->request->dropped) remove_folder(run->request, c);
  send_ended(c, run, run->request->seq, v);
  clear(run);
}

void run_forget(struct run *run) {
  if (run->finished) results_end(&run->results);
  remove_folder(run->request, NULL);
  clear(run);
}
