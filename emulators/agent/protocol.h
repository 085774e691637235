/* SPDX-License-Identifier: Apache-2.0
 *
 * What xtest and its agent say to each other; read by C (the agent) and C++ (client.cc).
 *
 * A frame is a header of 32 bytes, little-endian, and its payload:
 *   magic u32 | version u16 | type u16 | seq u32 | length u32 | nonce 16 bytes
 * The nonce is chosen by the host in its HELLO and authenticates every later frame in both directions: a program under
 * test that reaches the channel cannot end a run. A text is its length u32, its bytes, and a NUL that is not counted.
 * Frames of one direction are in order; runs are performed strictly one after another in the order of their RUN frames.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum {
  XA_MAGIC = 0x47415458, /* "XTAG" */
  XA_VERSION = 2,
  XA_HEADER = 32,
  XA_NONCE = 16,
  XA_MAX_PAYLOAD = 32 << 20,
  XA_WINDOW = 256 << 10, /* output bytes a run may send before its first CREDIT */
  XA_MOST_FILES = 64,    /* that a run may bring back */
  XA_SETUP_FAILED = 125  /* exit code: the namespace could not be made, one line on stderr says why */
};

/* host -> agent */
enum {
  XA_HELLO = 1,  /* - ; the header's nonce is adopted. Answered by XA_HELLO */
  XA_RUN = 2,    /* flags u32, argc u32, texts, envc u32, texts, cwd text, wall ms u64, cpu s u64, address space u64,
                    file size u64, output head u64, output tail u64 (0: no limit, for the limits), rows u32, columns u32,
                    result files: most bytes of one u64, of all u64, patterns u32, texts (runner/model/result_files.h) */
  XA_STDIN = 3,  /* bytes; an empty frame is the end of the stream */
  XA_CREDIT = 4, /* u64: so many more output bytes may be sent */
  XA_SIGNAL = 5, /* signo u32; KILL kills the whole tree, or drops a run that has not started */
  XA_BYE = 6,    /* kill what runs, clean up, exit */
  XA_PLACE = 7,  /* path text, mode u32, offset u64, bytes of a file; at offset 0 it is made, with its folders. Done when it
                    comes, before runs that wait; one that fails keeps every later run from being started */
  XA_SIZE = 8,   /* rows u32, columns u32: of the run's terminal */
  XA_LINK = 9,   /* path text, name text: one more name for a file, instead of what has it; like PLACE */
  XA_REMOVE = 10 /* path text: with everything below it; like PLACE, but it may fail */
};

/* agent -> host; XA_HELLO: pid u32, system text ("Linux 6.1.0 x86_64"), capabilities u32 */
enum {
  XA_STARTED = 17, /* pid u32 */
  XA_OUTPUT = 18,  /* channel u32 (0 out, 1 err, 2 core file, 3 of the result file at hand), bytes */
  XA_SKIPPED = 19, /* channel u32, bytes left out u64: what follows is the tail */
  XA_ENDED = 20,   /* how u32, number u32 (exit code, signal, 1: the system refused the file), text, user us u64, system us u64, wall us u64, max rss KiB u64,
                      out total u64, err total u64, strays u32, texts, evidence text, look text (look.h) */
  XA_LOG = 21,     /* text */
  XA_TAKEN = 22,   /* u64: so many more bytes of STDIN have been given to the program */
  XA_FILE = 23,    /* name text: a result file begins; after all output, before ENDED. The pattern, if its name cannot be told */
  XA_FILE_END = 24 /* size u64, text: why it does not come, or empty */
};

/* XA_NO_ROOM: not started, and nothing else will be: the disk is full, or a file could not be placed. */
enum { XA_EXITED = 0, XA_SIGNALLED = 1, XA_TIMED_OUT = 2, XA_NOT_STARTED = 3, XA_NO_ROOM = 4 };

/* flags of XA_RUN */
enum {
  XA_FRESH_CWD = 1,  /* make the folder (and its parents) first, remove it afterwards */
  XA_KEEP_CWD = 2,   /* do not remove it */
  XA_STDIN_PIPE = 4, /* XA_STDIN frames follow; otherwise stdin is /dev/null */
  XA_WATCH = 16,     /* a second look: what a deadly signal hit is reported, a core file is sent */
  XA_INTERRUPT = 32, /* at the limit SIGINT, and some seconds for whoever debugs the program, before it is killed */
  XA_TERMINAL = 64,  /* stdin, stdout and stderr are a terminal of the program's own; all its output is stdout's */
  XA_PASS_FDS = 8    /* three descriptors come with this frame (SCM_RIGHTS) and become 0-2; no output is sent */
};

/* capabilities of the agent */
enum { XA_CAN_PASS_FDS = 1, XA_CAN_FIND_STRAYS = 2 };

static inline void xa_put_u32(unsigned char *at, uint32_t value) {
  for (int i = 0; i < 4; ++i) at[i] = (unsigned char)(value >> (8 * i));
}

static inline void xa_put_u64(unsigned char *at, uint64_t value) {
  for (int i = 0; i < 8; ++i) at[i] = (unsigned char)(value >> (8 * i));
}

static inline uint32_t xa_get_u32(const unsigned char *at) {
  return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static inline uint64_t xa_get_u64(const unsigned char *at) {
  return (uint64_t)xa_get_u32(at) | (uint64_t)xa_get_u32(at + 4) << 32;
}

/* The header without its nonce, which follows at byte 16. */
static inline void xa_put_header(unsigned char *at, uint32_t type, uint32_t seq, uint32_t length) {
  xa_put_u32(at, XA_MAGIC);
  xa_put_u32(at + 4, XA_VERSION | type << 16);
  xa_put_u32(at + 8, seq);
  xa_put_u32(at + 12, length);
}
