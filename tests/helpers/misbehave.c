/* SPDX-License-Identifier: Apache-2.0
 *
 * A program that misbehaves in one way, chosen by its first argument; what tests of process handling run.
 *
 *   exit N | signal N | print N [err] | bytes | hang | burn | eat MIB | stop-self | sigpipe | ignore-term
 *   fork-and-exit | setsid-child | daemonize | quiet-orphan | fork-many N | fill-dir | rm-cwd | close-all-fds
 *   env | cwd | fds | stdin | signals | reexec N | umask
 *
 * Children that are left behind sleep for a minute, so that a leak shows without lasting.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { minute = 60, nesting = 300 };

static void linger(void) {
  for (unsigned left = minute; left > 0;) left = sleep(left);
  _exit(0);
}

static int print(long size, int fd) {
  char line[1000];
  memset(line, 'x', sizeof line);
  while (size > 0) {
    ssize_t done = write(fd, line, size < (long)sizeof line ? (size_t)size : sizeof line);
    if (done < 0) return 1;
    size -= done;
  }
  return 0;
}

static int bytes(void) {
  static const char text[] = "bad \xff\xfe utf-8, nul \0, \x1b[31mansi\x1b[0m, ]]> and \r\n";
  return write(1, text, sizeof text - 1) == (ssize_t)sizeof text - 1 ? 0 : 1;
}

static int eat(long mib) {
  for (long i = 0; i < mib; ++i) {
    char *piece = malloc(1 << 20);
    if (piece == NULL) return 3;
    memset(piece, 1, 1 << 20);
  }
  return 0;
}

static int sigpipe(void) {
  int ends[2];
  if (pipe(ends) != 0) return 1;
  close(ends[0]);
  return write(ends[1], "x", 1) == 1 ? 2 : 3;
}

static int fork_and_exit(void) {
  if (fork() == 0) linger();
  return 0;
}

static int setsid_child(void) {
  if (fork() == 0) {
    setsid();
    linger();
  }
  return 0;
}

static int daemonize(void) {
  pid_t first = fork();
  if (first == 0) {
    setsid();
    if (fork() == 0) linger();
    _exit(0);
  }
  waitpid(first, NULL, 0);
  return 0;
}

/* A proper daemon: it holds no pipe. */
static int quiet_orphan(void) {
  for (int fd = 0; fd < 3; ++fd) close(fd);
  return daemonize();
}

static int fork_many(int count) {
  for (int i = 0; i < count; ++i) {
    if (fork() == 0) {
      setsid();
      linger();
    }
  }
  linger();
  return 0;
}

static int fill_dir(void) {
  if (mkdir("closed", 0700) != 0 || mkdir("closed/inner", 0700) != 0) return 1;
  if (symlink("/etc", "closed/link") != 0) return 1;
  int fd = open("closed/inner/file", O_CREAT | O_WRONLY, 0400);
  if (fd < 0 || close(fd) != 0) return 1;
  if (chmod("closed/inner", 0) != 0 || chmod("closed", 0500) != 0) return 1;
  for (int i = 0; i < nesting; ++i) {
    if (mkdir("deeper-and-deeper", 0700) != 0 || chdir("deeper-and-deeper") != 0) return 1;
  }
  return 0;
}

static int rm_cwd(void) {
  char path[4096];
  return getcwd(path, sizeof path) != NULL && rmdir(path) == 0 ? 0 : 1;
}

static int close_all_fds(void) {
  for (int fd = 0; fd < 1024; ++fd) close(fd);
  usleep(100000);
  return 5;
}

static int show_fds(void) {
  DIR *folder = opendir("/proc/self/fd");
  if (folder == NULL) return 1;
  for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
    if (entry->d_name[0] != '.' && atoi(entry->d_name) != dirfd(folder)) printf("%s\n", entry->d_name);
  }
  closedir(folder);
  return 0;
}

static int show_signals(void) {
  sigset_t mask;
  sigprocmask(SIG_SETMASK, NULL, &mask);
  for (int number = 1; number < NSIG; ++number) {
    struct sigaction action;
    if (sigismember(&mask, number) == 1) printf("blocked %d\n", number);
    if (sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN) printf("ignored %d\n", number);
  }
  printf("session %s\n", getsid(0) == getpid() ? "own" : "inherited");
  return 0;
}

static int copy_stdin(void) {
  char buffer[65536];
  ssize_t got;
  while ((got = read(0, buffer, sizeof buffer)) > 0) {
    if (write(1, buffer, (size_t)got) != got) return 1;
  }
  return got == 0 ? 0 : 2;
}

/* By its own path, with an empty environment. */
static int reexec(const char *self, int left) {
  char number[16];
  char *nothing[] = {NULL};
  if (left == 0) {
    printf("arrived\n");
    return 0;
  }
  snprintf(number, sizeof number, "%d", left - 1);
  char *argv[] = {(char *)self, "reexec", number, NULL};
  execve(self, argv, nothing);
  printf("execve: %s\n", strerror(errno));
  return 1;
}

static int show(const char *what) {
  char path[4096];
  if (strcmp(what, "env") == 0) {
    for (char **entry = environ; *entry != NULL; ++entry) printf("%s\n", *entry);
  } else if (strcmp(what, "cwd") == 0) {
    printf("%s\n", getcwd(path, sizeof path) != NULL ? path : "?");
  } else if (strcmp(what, "fds") == 0) {
    return show_fds();
  } else if (strcmp(what, "stdin") == 0) {
    return copy_stdin();
  } else if (strcmp(what, "signals") == 0) {
    return show_signals();
  } else if (strcmp(what, "umask") == 0) {
    printf("%04o\n", (unsigned)umask(0));
  } else {
    fprintf(stderr, "misbehave: do not know how to '%s'\n", what);
    return 64;
  }
  return 0;
}

static int suffer(const char *what, long number) {
  if (strcmp(what, "signal") == 0) return raise((int)number);
  if (strcmp(what, "stop-self") == 0) return raise(SIGSTOP);
  if (strcmp(what, "hang") == 0) linger();
  if (strcmp(what, "burn") == 0) {
    for (volatile unsigned long turns = 0;; ++turns) {}
  }
  if (strcmp(what, "ignore-term") == 0) {
    signal(SIGTERM, SIG_IGN);
    if (write(1, "ready\n", 6) == 6) linger();
  }
  return show(what);
}

int main(int argc, char **argv) {
  const char *what = argc > 1 ? argv[1] : "";
  long number = argc > 2 ? atol(argv[2]) : 0;
  if (strcmp(what, "exit") == 0) return (int)number;
  if (strcmp(what, "print") == 0) return print(number, argc > 3 ? 2 : 1);
  if (strcmp(what, "bytes") == 0) return bytes();
  if (strcmp(what, "eat") == 0) return eat(number);
  if (strcmp(what, "sigpipe") == 0) return sigpipe();
  if (strcmp(what, "fork-and-exit") == 0) return fork_and_exit();
  if (strcmp(what, "setsid-child") == 0) return setsid_child();
  if (strcmp(what, "daemonize") == 0) return daemonize();
  if (strcmp(what, "quiet-orphan") == 0) return quiet_orphan();
  if (strcmp(what, "fork-many") == 0) return fork_many((int)number);
  if (strcmp(what, "fill-dir") == 0) return fill_dir();
  if (strcmp(what, "rm-cwd") == 0) return rm_cwd();
  if (strcmp(what, "close-all-fds") == 0) return close_all_fds();
  if (strcmp(what, "reexec") == 0) return reexec(argv[0], (int)number);
  return suffer(what, number);
}
