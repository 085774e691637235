/* SPDX-License-Identifier: Apache-2.0
 *
 * What goes through a program's descriptors: input as it comes, the head of each stream forwarded as credit allows, the
 * tail kept in a ring and sent at the end. Private to run*.c.
 */
#pragma once

#include "emulators/agent/run.h"

void send_output(struct channel *c, uint32_t seq, uint32_t which, const unsigned char *bytes, size_t size);
void send_tail(struct channel *c, const struct run *run, uint32_t which);

/* The program is held back while the host has not taken what there is; once it has exited, no longer. */
bool may_read(const struct run *run, const struct channel *c, const struct stream *s);
void read_stream(struct run *run, uint32_t which, struct channel *c);
void feed_input(struct run *run, struct channel *c);

/* What is still in the pipes of a tree that is dead. */
void drain(struct run *run, struct channel *c);

/* False: the host has to take what there is first. */
bool channel_takes_more(const struct channel *c);

void close_fd(int *fd);
