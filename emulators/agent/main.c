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
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "emulators/agent/host.h"
#include "emulators/agent/options.h"
#include "emulators/agent/settle.h"

enum { gather_us = 5000, gather_bytes = 16 << 10 }; /* words for the host while a program runs: every packet costs a guest much */
enum { poll_wake, poll_in, poll_out, poll_run, poll_count = poll_run + run_polls };

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
  if (polls[poll_in].revents != 0) host_listen(a);
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
  a.wake_fd = settle_signals();
  settle_limits();
  tree_adopt_orphans();
  a.null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
  channel_open(&a.channel, control[0], control[1]);
  while (!a.leaving && !is_asked_to_end()) {
    start_next(&a);
    if (is_time_to_send(&a) && !channel_flush(&a.channel)) break;
    wait_and_step(&a);
  }
  host_leave(&a);
  return 0;
}
