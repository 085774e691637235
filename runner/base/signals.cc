// SPDX-License-Identifier: Apache-2.0
#include "runner/base/signals.h"

#include <csignal>

namespace xtest {

namespace {

struct NamedSignal { int number; const char* name; };

constexpr NamedSignal named_signals[] = {
    {SIGHUP, "HUP"},       {SIGINT, "INT"},   {SIGQUIT, "QUIT"}, {SIGILL, "ILL"},     {SIGTRAP, "TRAP"},
    {SIGABRT, "ABRT"},     {SIGBUS, "BUS"},   {SIGFPE, "FPE"},   {SIGKILL, "KILL"},   {SIGUSR1, "USR1"},
    {SIGSEGV, "SEGV"},     {SIGUSR2, "USR2"}, {SIGPIPE, "PIPE"}, {SIGALRM, "ALRM"},   {SIGTERM, "TERM"},
    {SIGCHLD, "CHLD"},     {SIGCONT, "CONT"}, {SIGSTOP, "STOP"}, {SIGTSTP, "TSTP"},   {SIGTTIN, "TTIN"},
    {SIGTTOU, "TTOU"},     {SIGURG, "URG"},   {SIGXCPU, "XCPU"}, {SIGXFSZ, "XFSZ"},   {SIGVTALRM, "VTALRM"},
    {SIGPROF, "PROF"},     {SIGIO, "IO"},     {SIGSYS, "SYS"},   {SIGWINCH, "WINCH"},
};

}  // namespace

std::string signal_name(int number) {
  for (const auto& known : named_signals) {
    if (known.number == number) return known.name;
  }
  if (number >= SIGRTMIN && number <= SIGRTMAX) return "RTMIN+" + std::to_string(number - SIGRTMIN);
  return "SIG" + std::to_string(number);
}

}  // namespace xtest
