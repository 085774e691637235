/* SPDX-License-Identifier: Apache-2.0 */
#include "emulators/agent/frames.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { out_of_memory = 70, receive_step = 64 << 10 };

void *must_alloc(size_t size) {
  void *memory = calloc(1, size);
  if (memory == NULL) _exit(out_of_memory);
  return memory;
}

/* Makes room for `size` more bytes behind the end. */
static void buffer_reserve(struct buffer *b, size_t size) {
  if (b->capacity - b->end >= size) return;
  if (b->begin > 0) {
    memmove(b->data, b->data + b->begin, b->end - b->begin);
    b->end -= b->begin;
    b->begin = 0;
  }
  if (b->capacity - b->end >= size) return;
  b->capacity = 2 * b->capacity + size;
  b->data = realloc(b->data, b->capacity);
  if (b->data == NULL) _exit(out_of_memory);
}

void buffer_append(struct buffer *b, const void *bytes, size_t size) {
  if (size == 0) return;
  buffer_reserve(b, size);
  memcpy(b->data + b->end, bytes, size);
  b->end += size;
}

void buffer_consume(struct buffer *b, size_t size) {
  b->begin += size;
  if (b->begin == b->end) b->begin = b->end = 0;
}

void buffer_free(struct buffer *b) {
  free(b->data);
  memset(b, 0, sizeof *b);
}

size_t buffer_size(const struct buffer *b) { return b->end - b->begin; }

unsigned char *buffer_data(const struct buffer *b) { return b->data + b->begin; }

void channel_open(struct channel *c, int in, int out) {
  struct stat status;
  memset(c, 0, sizeof *c);
  c->in = in;
  c->out = out;
  c->is_socket = fstat(in, &status) == 0 && S_ISSOCK(status.st_mode);
  fcntl(in, F_SETFL, fcntl(in, F_GETFL) | O_NONBLOCK);
  fcntl(out, F_SETFL, fcntl(out, F_GETFL) | O_NONBLOCK);
  fcntl(in, F_SETFD, FD_CLOEXEC);
  fcntl(out, F_SETFD, FD_CLOEXEC);
}

void channel_close(struct channel *c) {
  close(c->in);
  if (c->out != c->in) close(c->out);
  for (int i = 0; i < c->passed_count; ++i) close(c->passed[i]);
  buffer_free(&c->received);
  buffer_free(&c->outgoing);
}

static void keep_passed(struct channel *c, struct msghdr *message) {
  for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part != NULL; part = CMSG_NXTHDR(message, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t i = 0; i < count; ++i) {
      int fd;
      memcpy(&fd, CMSG_DATA(part) + i * sizeof fd, sizeof fd);
      fcntl(fd, F_SETFD, FD_CLOEXEC);
      if (c->passed_count < max_passed) c->passed[c->passed_count++] = fd;
      else close(fd);
    }
  }
}

static ssize_t receive_message(struct channel *c, void *into, size_t size) {
  union {
    struct cmsghdr align;
    char bytes[CMSG_SPACE(max_passed * sizeof(int))];
  } control;
  struct iovec piece = {into, size};
  struct msghdr message;
  memset(&message, 0, sizeof message);
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  message.msg_control = control.bytes;
  message.msg_controllen = sizeof control.bytes;
  ssize_t got = recvmsg(c->in, &message, 0);
  if (got > 0) keep_passed(c, &message);
  return got;
}

enum receive_result channel_receive(struct channel *c) {
  buffer_reserve(&c->received, receive_step);
  unsigned char *into = c->received.data + c->received.end;
  ssize_t got = c->is_socket ? receive_message(c, into, receive_step) : read(c->in, into, receive_step);
  if (got > 0) {
    c->received.end += (size_t)got;
    return RECEIVED;
  }
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return NOTHING_YET;
  return CLOSED;
}

int channel_next(struct channel *c, struct frame *f) {
  if (buffer_size(&c->received) < XA_HEADER) return 0;
  const unsigned char *header = buffer_data(&c->received);
  uint32_t kind = xa_get_u32(header + 4);
  f->type = kind >> 16;
  f->seq = xa_get_u32(header + 8);
  f->length = xa_get_u32(header + 12);
  if (xa_get_u32(header) != XA_MAGIC || (kind & 0xffff) != XA_VERSION || f->length > XA_MAX_PAYLOAD) return -1;
  if (!c->greeted) {
    if (f->type != XA_HELLO) return -1;
    memcpy(c->nonce, header + 16, XA_NONCE);
    c->greeted = true;
  }
  if (memcmp(c->nonce, header + 16, XA_NONCE) != 0) return -1;
  if (buffer_size(&c->received) < XA_HEADER + (size_t)f->length) return 0;
  f->payload = header + XA_HEADER;
  /* The bytes stay where they are until the buffer is appended to again. */
  c->received.begin += XA_HEADER + (size_t)f->length;
  return 1;
}

bool channel_take_passed(struct channel *c, int fds[3]) {
  if (c->passed_count < 3) return false;
  memcpy(fds, c->passed, 3 * sizeof(int));
  c->passed_count -= 3;
  memmove(c->passed, c->passed + 3, (size_t)c->passed_count * sizeof(int));
  return true;
}

void frame_begin(struct channel *c, uint32_t type, uint32_t seq) {
  unsigned char header[XA_HEADER];
  xa_put_header(header, type, seq, 0);
  memcpy(header + 16, c->nonce, XA_NONCE);
  c->frame_begin = buffer_size(&c->outgoing);
  buffer_append(&c->outgoing, header, sizeof header);
}

void frame_u32(struct channel *c, uint32_t value) {
  unsigned char bytes[4];
  xa_put_u32(bytes, value);
  buffer_append(&c->outgoing, bytes, sizeof bytes);
}

void frame_u64(struct channel *c, uint64_t value) {
  unsigned char bytes[8];
  xa_put_u64(bytes, value);
  buffer_append(&c->outgoing, bytes, sizeof bytes);
}

void frame_bytes(struct channel *c, const void *bytes, size_t size) { buffer_append(&c->outgoing, bytes, size); }

void frame_text(struct channel *c, const char *text) {
  size_t size = strlen(text);
  frame_u32(c, (uint32_t)size);
  buffer_append(&c->outgoing, text, size + 1);
}

void frame_end(struct channel *c) {
  size_t size = buffer_size(&c->outgoing) - c->frame_begin - XA_HEADER;
  xa_put_u32(buffer_data(&c->outgoing) + c->frame_begin + 12, (uint32_t)size);
}

bool channel_flush(struct channel *c) {
  while (buffer_size(&c->outgoing) > 0) {
    ssize_t done = write(c->out, buffer_data(&c->outgoing), buffer_size(&c->outgoing));
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) return errno == EAGAIN;
    buffer_consume(&c->outgoing, (size_t)done);
  }
  return true;
}

uint32_t read_u32(struct reader *r) {
  if (r->bad || r->end - r->at < 4) {
    r->bad = true;
    return 0;
  }
  r->at += 4;
  return xa_get_u32(r->at - 4);
}

uint64_t read_u64(struct reader *r) {
  uint64_t low = read_u32(r);
  uint64_t high = read_u32(r);
  return low | high << 32;
}

char *read_text(struct reader *r) {
  static char nothing[1];
  uint32_t size = read_u32(r);
  if (r->bad || (size_t)(r->end - r->at) < (size_t)size + 1 || r->at[size] != 0) {
    r->bad = true;
    return nothing;
  }
  char *text = (char *)(uintptr_t)r->at;
  r->at += (size_t)size + 1;
  return text;
}
