/* SPDX-License-Identifier: Apache-2.0 */
#include "emulators/agent/host.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "emulators/agent/place.h"
#include "emulators/agent/terminal.h"

enum { exit_protocol = 3 };

static void send_hello(struct channel *c) {
  struct utsname name;
  char text[sizeof name.sysname + sizeof name.release + sizeof name.machine + 2];
  uint32_t capabilities = (c->is_socket ? XA_CAN_PASS_FDS : 0) | (tree_can_find_strays() ? XA_CAN_FIND_STRAYS : 0);
  if (uname(&name) != 0) memset(&name, 0, sizeof name);
  snprintf(text, sizeof text, "%s %s %s", name.sysname, name.release, name.machine);
  frame_begin(c, XA_HELLO, 0);
  frame_u32(c, (uint32_t)getpid());
  frame_text(c, text);
  frame_u32(c, capabilities);
  frame_end(c);
}

static struct request *find_request(struct agent *a, uint32_t seq) {
  if (a->run.request != NULL && a->run.request->seq == seq) return a->run.request;
  for (struct request *r = a->first; r != NULL; r = r->next) {
    if (r->seq == seq) return r;
  }
  return NULL;
}

static bool enqueue(struct agent *a, const struct frame *f) {
  struct request *r = request_parse(f, &a->channel);
  if (r == NULL) return false;
  if (a->first == NULL) a->first = r;
  else a->last->next = r;
  a->last = r;
  return true;
}

static void send_signal(struct agent *a, struct request *r, int number) {
  if (a->run.request != r) r->dropped = r->dropped || number == SIGKILL;
  else if (number == SIGKILL) a->run.kill_asked = true;
  else if (!a->run.exited) kill(-a->run.leader.pid, number);
}

/* Whoever reads from a terminal learns its end by a character. */
static void take_input(struct request *r, const struct frame *f) {
  buffer_append(&r->input, f->payload, f->length);
  if (f->length != 0) return;
  if ((r->flags & XA_TERMINAL) != 0) buffer_append(&r->input, "\4", 1);
  r->input_ended = true;
}

static void resize(struct agent *a, struct request *r, uint32_t rows, uint32_t columns) {
  r->rows = rows;
  r->columns = columns;
  if (a->run.request == r && (r->flags & XA_TERMINAL) != 0) terminal_resize(a->run.streams[0].fd, rows, columns);
}

/* False: the frame makes no sense. */
static bool handle(struct agent *a, const struct frame *f) {
  struct reader reader = {f->payload, f->payload + f->length, false};
  if (f->type == XA_HELLO) {
    send_hello(&a->channel);
    return true;
  }
  if (f->type == XA_RUN) return enqueue(a, f);
  if (f->type == XA_PLACE) return place_file(&reader);
  if (f->type == XA_LINK) return place_link(&reader);
  if (f->type == XA_REMOVE) return place_remove(&reader);
  if (f->type == XA_BYE) {
    a->leaving = true;
    return true;
  }
  struct request *r = find_request(a, f->seq);
  if (f->type != XA_STDIN && f->type != XA_CREDIT && f->type != XA_SIGNAL && f->type != XA_SIZE) return false;
  if (r == NULL) return true; /* it has ended meanwhile */
  if (f->type == XA_STDIN) {
    take_input(r, f);
  } else if (f->type == XA_SIZE) {
    uint32_t rows = read_u32(&reader);
    resize(a, r, rows, read_u32(&reader));
  } else if (f->type == XA_CREDIT) {
    r->credit += read_u64(&reader);
  } else {
    send_signal(a, r, (int)read_u32(&reader));
  }
  return !reader.bad;
}

void host_leave(struct agent *a) {
  if (a->run.request != NULL) run_abandon(&a->run);
  for (struct request *r = a->first; r != NULL;) {
    struct request *next = r->next;
    request_free(r);
    r = next;
  }
  channel_close(&a->channel);
}

void host_listen(struct agent *a) {
  struct frame f;
  int found = 0;
  if (channel_receive(&a->channel) == CLOSED) {
    a->leaving = true;
    return;
  }
  while (!a->leaving && (found = channel_next(&a->channel, &f)) == 1) {
    if (!handle(a, &f)) found = -1;
    if (found < 0) break;
  }
  if (found < 0) {
    host_leave(a);
    fprintf(stderr, "xtest-agent: the control channel carries something that is not our protocol\n");
    exit(exit_protocol);
  }
}
