/* SPDX-License-Identifier: Apache-2.0 */
#include "emulators/agent/guest.h"

#include "emulators/agent/protocol.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <linux/random.h>
#endif

enum { tolerated_ms = 500, least_entropy = 32, most_entropy = 64 };

static bool clock_is_ours;
static int64_t offset_ms; /* of the time of day from the monotonic clock */

static void give_up(const char *what) {
  fprintf(stderr, "xtest-agent: %s: %s\n", what, strerror(errno));
  exit(XA_SETUP_FAILED);
}

static int64_t milliseconds(clockid_t which) {
  struct timespec now;
  clock_gettime(which, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool set_clock(int64_t ms) {
  struct timespec now = {(time_t)(ms / 1000), (long)(ms % 1000) * 1000000};
  return clock_settime(CLOCK_REALTIME, &now) == 0;
}

static void feed(const char *hex) {
#ifdef __linux__
  struct {
    int bits, size;
    unsigned char bytes[most_entropy];
  } pool = {0, 0, {0}};
  unsigned byte;
  for (; pool.size < most_entropy && sscanf(hex, "%2x", &byte) == 1; hex += 2) pool.bytes[pool.size++] = (unsigned char)byte;
  pool.bits = pool.size * 8;
  int fd = open("/dev/urandom", O_RDWR | O_CLOEXEC);
  errno = EINVAL;
  if (pool.size < least_entropy || fd < 0 || ioctl(fd, RNDADDENTROPY, &pool) != 0 || ioctl(fd, RNDRESEEDCRNG) != 0)
    give_up("cannot feed the random generator");
  close(fd);
#else
  (void)hex;
  errno = ENOSYS;
  give_up("cannot feed the random generator");
#endif
}

/* qemu (7.2, riscv64) takes a guest up again without the timer that it had armed. To Linux a timer whose time has passed and
   that never fired is still the next one: nothing later is ever armed, no tick comes, every sleep lasts for ever. One that is
   earlier still has it armed anew. On this processor: guests have one. */
static void rearm_timer(void) {
#ifdef __linux__
  const struct timespec past = {0, 1};
  clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &past, NULL);
#endif
}

void guest_settle(const struct guest_wishes *wishes) {
  if (wishes->entropy != NULL) feed(wishes->entropy);
  if (wishes->clock == NULL) return;
  rearm_timer();
  if (!set_clock(strtoll(wishes->clock, NULL, 10) * 1000)) give_up("cannot set the clock");
  clock_is_ours = true;
  offset_ms = milliseconds(CLOCK_REALTIME) - milliseconds(CLOCK_MONOTONIC);
}

void guest_guard_clock(void) {
  if (!clock_is_ours) return;
  int64_t expected = milliseconds(CLOCK_MONOTONIC) + offset_ms, drift = milliseconds(CLOCK_REALTIME) - expected;
  if (drift > tolerated_ms || drift < -tolerated_ms) set_clock(expected);
}
