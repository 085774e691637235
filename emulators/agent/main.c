/* SPDX-License-Identifier: Apache-2.0
 *
 * xtest-agent: runs every target process, one after another, for the xtest at the other end of its control channel.
 *
 *   xtest-agent [--fd N] [--userns[=self|root]] [--pidns] [--bind SRC:DST]... [--overlay LOWER:TARGET]...
 *               [--binfmt NAME:M::MAGIC:MASK:INTERPRETER:FLAGS]... [--clock SECONDS] [--entropy HEX]
 *
 * The channel is descriptor N (a socket) or stdin and stdout (ssh, a serial line). One thread, one poll loop. When the
 * channel closes, or SIGTERM, SIGINT or SIGHUP comes, everything that runs is killed and its folder removed.
 * Exit codes: 0 the host has gone or said goodbye, 2 usage, 3 the host does not speak our protocol, 125 namespaces.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#ifndef __GLIBC_PREREQ
#define __GLIBC_PREREQ(major, minor) 0
#endif

#include "emulators/agent/guest.h"
#include "emulators/agent/namespace.h"
#include "emulators/agent/place.h"
#include "emulators/agent/run.h"
#include "emulators/agent/terminal.h"

enum { exit_usage = 2, exit_protocol = 3 };
enum { gather_us = 5000, gather_bytes = 16 << 10 }; /* words for the host while a program runs: every packet costs a guest much */
enum { poll_wake, poll_in, poll_out, poll_run, poll_count = poll_run + run_polls };

struct agent {
  struct channel channel;
  struct request *first, *last; /* waiting, in order */
  struct run run;
  int null_fd, wake_fd;
  uint64_t gather_until; /* 0: nothing waits to be sent */
  bool leaving;
};

static volatile sig_atomic_t asked_to_end;
static int wake_write_fd = -1;

static void on_signal(int number) {
  int before = errno;
  if (number != SIGCHLD) asked_to_end = 1;
  ssize_t ignored = write(wake_write_fd, "", 1);
  (void)ignored;
  errno = before;
}

static void usage(const char *what) {
  fprintf(stderr, "xtest-agent: %s\n", what);
  exit(exit_usage);
}

/* ---- set-up ---- */

struct options {
  int fd; /* -1: stdin and stdout */
  struct namespace_wishes wishes;
  struct guest_wishes guest;
};

static void add_mount(struct namespace_wishes *w, enum mount_kind kind, const char *spec) {
  w->mounts[w->mount_count].kind = kind;
  w->mounts[w->mount_count++].spec = spec;
}

static struct options parse_options(int argc, char **argv) {
  struct options o = {-1, {0}, {0}};
  o.wishes.mounts = must_alloc((size_t)argc * sizeof *o.wishes.mounts);
  o.wishes.binfmt = must_alloc((size_t)argc * sizeof *o.wishes.binfmt);
  for (int i = 1; i < argc; ++i) {
    const char *name = argv[i];
    if (strcmp(name, "--userns") == 0 || strcmp(name, "--userns=self") == 0) {
      o.wishes.user = true;
    } else if (strcmp(name, "--userns=root") == 0) {
      o.wishes.user = o.wishes.as_root = true;
    } else if (strcmp(name, "--pidns") == 0) {
      o.wishes.pids = true;
    } else if (i + 1 == argc) {
      usage("unknown option, or its value is missing");
    } else if (strcmp(name, "--fd") == 0) {
      o.fd = atoi(argv[++i]);
    } else if (strcmp(name, "--bind") == 0) {
      add_mount(&o.wishes, MOUNT_BIND, argv[++i]);
    } else if (strcmp(name, "--overlay") == 0) {
      add_mount(&o.wishes, MOUNT_OVERLAY, argv[++i]);
    } else if (strcmp(name, "--binfmt") == 0) {
      o.wishes.binfmt[o.wishes.binfmt_count++] = argv[++i];
    } else if (strcmp(name, "--clock") == 0) {
      o.guest.clock = argv[++i];
    } else if (strcmp(name, "--entropy") == 0) {
      o.guest.entropy = argv[++i];
    } else {
      usage("unknown option");
    }
  }
  return o;
}

/* 0-2 are open afterwards and nothing else but the channel is. */
static void settle_descriptors(int channel) {
  int fd;
  do fd = open("/dev/null", O_RDWR);
  while (fd >= 0 && fd <= 2);
  if (fd > 2) close(fd);
  long last = sysconf(_SC_OPEN_MAX);
  if (last < 0 || last > 65536) last = 65536;
#if defined(__linux__) && defined(__GLIBC__) && __GLIBC_PREREQ(2, 34)
  if (channel > 3) close_range(3, (unsigned)channel - 1, 0);
  if (close_range((unsigned)(channel > 2 ? channel + 1 : 3), ~0U, 0) == 0) return;
#endif
  for (int i = 3; i < last; ++i) {
    if (i != channel) close(i);
  }
}

static void settle_signals(struct agent *a) {
  int ends[2];
  sigset_t none;
  if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) usage("cannot make a pipe");
  a->wake_fd = ends[0];
  wake_write_fd = ends[1];
  for (int number = 1; number < NSIG; ++number) signal(number, SIG_DFL);
  signal(SIGPIPE, SIG_IGN);
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART; /* stops, too: of a watched program */
  sigfillset(&action.sa_mask);
  const int handled[] = {SIGCHLD, SIGTERM, SIGINT, SIGHUP};
  for (size_t i = 0; i < sizeof handled / sizeof *handled; ++i) sigaction(handled[i], &action, NULL);
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
}

static void settle_limits(void) {
  struct rlimit core;
  umask(0022);
  if (getrlimit(RLIMIT_CORE, &core) == 0) {
    core.rlim_cur = 0;
    setrlimit(RLIMIT_CORE, &core);
  }
}

/* ---- frames of the host ---- */

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

static void clean_up(struct agent *a) {
  if (a->run.request != NULL) run_abandon(&a->run);
  for (struct request *r = a->first; r != NULL;) {
    struct request *next = r->next;
    request_free(r);
    r = next;
  }
  channel_close(&a->channel);
}

static void handle_frames(struct agent *a) {
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
    clean_up(a);
    fprintf(stderr, "xtest-agent: the control channel carries something that is not our protocol\n");
    exit(exit_protocol);
  }
}

/* ---- the loop ---- */

static void start_next(struct agent *a) {
  while (a->run.request == NULL && a->first != NULL) {
    struct request *r = a->first;
    a->first = r->next;
    r->next = NULL;
    run_start(&a->run, r, a->null_fd, &a->channel);
  }
}

/* True: now; a host that waits for nothing else than these words must not wait. */
static bool is_time_to_send(struct agent *a) {
  if (buffer_size(&a->channel.outgoing) == 0) return false;
  uint64_t now = now_us();
  if (a->gather_until == 0) a->gather_until = now + gather_us;
  if (a->run.request != NULL && now < a->gather_until && buffer_size(&a->channel.outgoing) < gather_bytes) return false;
  a->gather_until = 0;
  return true;
}

static void wait_and_step(struct agent *a) {
  struct pollfd polls[poll_count];
  char drained[64];
  int wait_ms = -1;
  polls[poll_wake] = (struct pollfd){a->wake_fd, POLLIN, 0};
  polls[poll_in] = (struct pollfd){a->channel.in, POLLIN, 0};
  bool is_blocked = a->gather_until == 0 && buffer_size(&a->channel.outgoing) > 0;
  polls[poll_out] = (struct pollfd){is_blocked ? a->channel.out : -1, POLLOUT, 0};
  for (int i = poll_run; i < poll_count; ++i) polls[i] = (struct pollfd){-1, 0, 0};
  if (a->run.request != NULL) wait_ms = run_poll(&a->run, &a->channel, &polls[poll_run]);
  if (a->gather_until != 0 && (wait_ms < 0 || wait_ms > gather_us / 1000)) wait_ms = gather_us / 1000;
  if (poll(polls, poll_count, wait_ms) < 0) {
    for (int i = 0; i < poll_count; ++i) polls[i].revents = 0;
    polls[poll_wake].revents = POLLIN; /* interrupted by the signal that wrote to it */
  }
  if (polls[poll_wake].revents != 0) {
    while (read(a->wake_fd, drained, sizeof drained) == (ssize_t)sizeof drained) {}
  }
  if (polls[poll_in].revents != 0) handle_frames(a);
  if (a->run.request != NULL) run_step(&a->run, &polls[poll_run], &a->channel);
}

int main(int argc, char **argv) {
  struct agent a;
  struct options options = parse_options(argc, argv);
  const int control[2] = {options.fd < 0 ? 0 : options.fd, options.fd < 0 ? 1 : options.fd};
  memset(&a, 0, sizeof a);
  settle_descriptors(options.fd);
  namespace_enter(&options.wishes, control);
  free(options.wishes.mounts);
  free(options.wishes.binfmt);
  guest_settle(&options.guest);
  settle_signals(&a);
  settle_limits();
  tree_adopt_orphans();
  a.null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
  channel_open(&a.channel, control[0], control[1]);
  while (!a.leaving && !asked_to_end) {
    start_next(&a);
    if (is_time_to_send(&a) && !channel_flush(&a.channel)) break;
    wait_and_step(&a);
  }
  clean_up(&a);
  return 0;
}
