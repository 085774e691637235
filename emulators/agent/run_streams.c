/* SPDX-License-Identifier: Apache-2.0 */
#include "emulators/agent/run_streams.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

enum { read_step = 64 << 10, outgoing_enough = 1 << 20 };

void close_fd(int *fd) {
  if (*fd >= 0) close(*fd);
  *fd = -1;
}

void send_output(struct channel *c, uint32_t seq, uint32_t which, const unsigned char *bytes, size_t size) {
  if (size == 0) return;
  frame_begin(c, XA_OUTPUT, seq);
  frame_u32(c, which);
  frame_bytes(c, bytes, size);
  frame_end(c);
}

void send_tail(struct channel *c, const struct run *run, uint32_t which) {
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

void read_stream(struct run *run, uint32_t which, struct channel *c) {
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

void feed_input(struct run *run, struct channel *c) {
  uint64_t taken = write_input(run);
  if (taken == 0) return;
  frame_begin(c, XA_TAKEN, run->request->seq);
  frame_u64(c, taken);
  frame_end(c);
}

bool channel_takes_more(const struct channel *c) { return buffer_size(&c->outgoing) < outgoing_enough; }

bool may_read(const struct run *run, const struct channel *c, const struct stream *s) {
  if (s->fd < 0) return false;
  if (run->exited || s->head_left == 0) return true;
  return run->request->credit > 0 && channel_takes_more(c);
}

void drain(struct run *run, struct channel *c) {
  for (uint32_t i = 0; i < 2; ++i) {
    struct pollfd ready = {run->streams[i].fd, POLLIN, 0};
    for (int step = 0; step < 64 && run->streams[i].fd >= 0 && poll(&ready, 1, 0) > 0; ++step) read_stream(run, i, c);
  }
}
