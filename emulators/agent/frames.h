/* SPDX-License-Identifier: Apache-2.0
 *
 * The agent's end of the control channel: a socket (which can carry descriptors) or two pipes such as ssh gives.
 *
 * Non-blocking in both directions: receive() takes what is there, next() cuts frames off, the put functions append to
 * an outgoing buffer, flush() writes what the channel takes. A frame that is not ours (magic, version, nonce, length)
 * breaks the channel for good. Running out of memory ends the agent.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "emulators/agent/protocol.h"

struct buffer {
  unsigned char *data;
  size_t begin, end, capacity;
};

void buffer_append(struct buffer *b, const void *bytes, size_t size);
void buffer_consume(struct buffer *b, size_t size);
void buffer_free(struct buffer *b);
size_t buffer_size(const struct buffer *b);
unsigned char *buffer_data(const struct buffer *b);

enum { max_passed = 48 };

struct channel {
  int in, out;
  bool is_socket, greeted;
  struct buffer received, outgoing;
  size_t frame_begin; /* of the frame being put together, from outgoing.begin */
  unsigned char nonce[XA_NONCE];
  int passed[max_passed]; /* descriptors that came, in order, not yet taken */
  int passed_count;
};

struct frame {
  uint32_t type, seq, length;
  const unsigned char *payload; /* valid until the next call on the channel */
};

enum receive_result { RECEIVED, NOTHING_YET, CLOSED };

void channel_open(struct channel *c, int in, int out);
void channel_close(struct channel *c); /* with the descriptors that nobody took */
enum receive_result channel_receive(struct channel *c);
/* 1: a frame was cut off; 0: not yet; -1: the peer does not speak our language. */
int channel_next(struct channel *c, struct frame *f);
bool channel_take_passed(struct channel *c, int fds[3]);

void frame_begin(struct channel *c, uint32_t type, uint32_t seq);
void frame_u32(struct channel *c, uint32_t value);
void frame_u64(struct channel *c, uint64_t value);
void frame_bytes(struct channel *c, const void *bytes, size_t size);
void frame_text(struct channel *c, const char *text);
void frame_end(struct channel *c);

/* False when the peer is gone. */
bool channel_flush(struct channel *c);

/* Reads a payload; a read beyond the end sets `bad` and yields zeros and empty texts. */
struct reader {
  const unsigned char *at, *end;
  bool bad;
};
uint32_t read_u32(struct reader *r);
uint64_t read_u64(struct reader *r);
char *read_text(struct reader *r); /* points into the payload */

void *must_alloc(size_t size);
