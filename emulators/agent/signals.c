/* SPDX-License-Identifier: Apache-2.0 */
#include "emulators/agent/signals.h"

#include <signal.h>
#include <stdio.h>

struct known {
  int number;
  const char *name;
};

static const struct known names[] = {
    {SIGHUP, "HUP"},     {SIGINT, "INT"},       {SIGQUIT, "QUIT"}, {SIGILL, "ILL"},   {SIGTRAP, "TRAP"},
    {SIGABRT, "ABRT"},   {SIGBUS, "BUS"},       {SIGFPE, "FPE"},   {SIGKILL, "KILL"}, {SIGUSR1, "USR1"},
    {SIGSEGV, "SEGV"},   {SIGUSR2, "USR2"},     {SIGPIPE, "PIPE"}, {SIGALRM, "ALRM"}, {SIGTERM, "TERM"},
    {SIGCHLD, "CHLD"},   {SIGCONT, "CONT"},     {SIGSTOP, "STOP"}, {SIGTSTP, "TSTP"}, {SIGTTIN, "TTIN"},
    {SIGTTOU, "TTOU"},   {SIGURG, "URG"},       {SIGXCPU, "XCPU"}, {SIGXFSZ, "XFSZ"}, {SIGPROF, "PROF"},
    {SIGSYS, "SYS"},     {SIGVTALRM, "VTALRM"},
#ifdef SIGIO
    {SIGIO, "IO"},
#endif
#ifdef SIGWINCH
    {SIGWINCH, "WINCH"},
#endif
#ifdef SIGEMT
    {SIGEMT, "EMT"},
#endif
#ifdef SIGINFO
    {SIGINFO, "INFO"},
#endif
};

const char *signal_text(int number, char *text, size_t size) {
  for (size_t i = 0; i < sizeof names / sizeof *names; ++i) {
    if (names[i].number == number) return names[i].name;
  }
#ifdef SIGRTMIN
  if (number >= SIGRTMIN && number <= SIGRTMAX) {
    snprintf(text, size, "RTMIN+%d", number - SIGRTMIN);
    return text;
  }
#endif
  snprintf(text, size, "SIG%d", number);
  return text;
}
