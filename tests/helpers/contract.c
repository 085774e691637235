/* SPDX-License-Identifier: Apache-2.0
 *
 * What the contract over executors runs on every target, POSIX or Windows; its first argument chooses:
 *
 *   exit N | die abort|null|NUMBER | flood LINES | print BYTES | stdin | env | folder | litter | args [ARG...]
 *   hang MARK | leave MARK | reexec N | write PATH SIZE [PATH SIZE]... [hang MARK] | link TO PATH [TO PATH]... | swap
 *   name | nap
 *
 * NUMBER is a signal or an NT exception. MARK is in the command line of whatever stays, so that a test finds it. A child
 * that is left sleeps for a minute.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef _WIN32
#include <direct.h>
#include <fcntl.h>
#include <io.h>
#include <process.h>
#include <windows.h>
#else
#include <dirent.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>
extern char **environ;
#endif

enum { minute = 60, path_size = 4096 };

#ifdef _WIN32
static char *utf8(const wchar_t *wide) {
  int size = WideCharToMultiByte(CP_UTF8, 0, wide, -1, NULL, 0, NULL, NULL);
  char *text = malloc((size_t)size);
  WideCharToMultiByte(CP_UTF8, 0, wide, -1, text, size, NULL, NULL);
  return text;
}

static int linger(unsigned seconds) {
  Sleep(seconds * 1000);
  return 0;
}

static void die_of(const char *exception) { RaiseException((DWORD)strtoul(exception, NULL, 0), 0, 0, NULL); }

static int show_env(void) {
  for (const wchar_t *at = GetEnvironmentStringsW(); *at; at += wcslen(at) + 1) printf("%s\n", utf8(at));
  return 0;
}

static void show_entries(void) {
  WIN32_FIND_DATAW entry;
  HANDLE search = FindFirstFileW(L"*", &entry);
  do {
    if (wcscmp(entry.cFileName, L".") != 0 && wcscmp(entry.cFileName, L"..") != 0) printf("entry %s\n", utf8(entry.cFileName));
  } while (FindNextFileW(search, &entry));
  FindClose(search);
}

static const char *here(void) {
  static wchar_t folder[path_size];
  GetCurrentDirectoryW(path_size, folder);
  return utf8(folder);
}

static int start(const char *self, const char *what, const char *argument, int mode) {
  return (int)_spawnl(mode, self, self, what, argument, NULL);
}

static int leave(const char *self, const char *mark) { return start(self, "hang", mark, _P_NOWAIT) == -1; }

static void make_folder(const char *path) { _mkdir(path); }
static int make_links(int count, char **words) { return count < 0 || words == NULL; }
static int swap(void) { return 0; }

static int reexec(const char *self, const char *left) { return start(self, "reexec", left, _P_WAIT); }
#else
static int linger(unsigned seconds) {
  while (seconds > 0) seconds = sleep(seconds);
  return 0;
}

static void die_of(const char *number) { raise(atoi(number)); }

static int show_env(void) {
  for (char **entry = environ; *entry != NULL; ++entry) printf("%s\n", *entry);
  return 0;
}

static void show_entries(void) {
  DIR *folder = opendir(".");
  for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
    if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) printf("entry %s\n", entry->d_name);
  }
  closedir(folder);
}

static const char *here(void) {
  static char folder[path_size];
  return getcwd(folder, sizeof folder) != NULL ? folder : "?";
}

static void make_folder(const char *path) { mkdir(path, 0777); }

static int make_links(int count, char **words) {
  int bad = 0;
  for (int at = 0; at + 1 < count; at += 2) bad |= symlink(words[at], words[at + 1]);
  return bad;
}

/* Leaves a symbolic link where its folder was. */
static int swap(void) {
  char folder[path_size];
  return getcwd(folder, sizeof folder) == NULL || chdir("/") != 0 || rmdir(folder) != 0 || symlink("/etc", folder) != 0;
}

static int leave(const char *self, const char *mark) {
  (void)self;
  (void)mark;
  if (fork() == 0) _exit(linger(minute));
  return 0;
}

static int reexec(const char *self, const char *left) {
  char *argv[] = {(char *)self, "reexec", (char *)left, NULL};
  execv(self, argv);
  return 1;
}
#endif

static int die(const char *how) {
  if (strcmp(how, "abort") == 0) abort();
  if (strcmp(how, "null") == 0) *(volatile int *)(uintptr_t)strtoul("0", NULL, 0) = 1;
  die_of(how);
  return 1;
}

static int flood(int lines) {
  for (int i = 0; i < lines; ++i) {
    fprintf(stdout, "out %05d\n", i);
    fprintf(stderr, "err %05d\n", i);
  }
  return 0;
}

static int print(int bytes) {
  for (int i = 0; i < bytes; ++i) putchar('a' + i % 26);
  return 0;
}

static int show_folder(void) {
  const char *home = getenv("HOME"), *tmp = getenv("TMPDIR");
  printf("cwd %s\nhome %s\ntmp %s\n", here(), home != NULL ? home : "", tmp != NULL ? tmp : "");
  show_entries();
  return 0;
}

static int litter(void) {
  FILE *file = fopen("left-behind", "w");
  return file != NULL && fputs("x", file) >= 0 && fclose(file) == 0 ? 0 : 1;
}

/* A file of SIZE bytes, as print() writes them; its folder is made. */
static int write_one(const char *path, int size) {
  char folder[path_size];
  const char *slash = strrchr(path, '/');
  if (slash != NULL) {
    snprintf(folder, sizeof folder, "%.*s", (int)(slash - path), path);
    make_folder(folder);
  }
  FILE *file = fopen(path, "wb");
  for (int i = 0; file != NULL && i < size; ++i) fputc('a' + i % 26, file);
  return file != NULL && fclose(file) == 0 ? 0 : 1;
}

static int write_all(int count, char **words) {
  int bad = 0, at = 0;
  for (; at + 1 < count && strcmp(words[at], "hang") != 0; at += 2) bad |= write_one(words[at], atoi(words[at + 1]));
  return at < count ? linger(minute) : bad;
}

static int show_stdin(void) {
  int bytes = 0;
  while (getchar() != EOF) ++bytes;
  printf("%d\n", bytes);
  return 0;
}

/* Each in hexadecimal on a line of its own. */
static int show_args(int count, char **args) {
  for (int i = 0; i < count; ++i) {
    for (const char *at = args[i]; *at; ++at) printf("%02x", (unsigned char)*at);
    printf(".\n");
  }
  return 0;
}

static int again(const char *self, int left) {
  char number[16];
  if (left == 0) return puts("arrived") < 0;
  snprintf(number, sizeof number, "%d", left - 1);
  return reexec(self, number);
}

static int perform(int argc, char **argv) {
  const char *what = argc > 1 ? argv[1] : "", *how = argc > 2 ? argv[2] : "";
  if (strcmp(what, "exit") == 0) return (int)strtoul(how, NULL, 0);
  if (strcmp(what, "die") == 0) return die(how);
  if (strcmp(what, "flood") == 0) return flood(atoi(how));
  if (strcmp(what, "print") == 0) return print(atoi(how));
  if (strcmp(what, "stdin") == 0) return show_stdin();
  if (strcmp(what, "env") == 0) return show_env();
  if (strcmp(what, "folder") == 0) return show_folder();
  if (strcmp(what, "litter") == 0) return litter();
  if (strcmp(what, "write") == 0) return write_all(argc - 2, argv + 2);
  if (strcmp(what, "link") == 0) return make_links(argc - 2, argv + 2);
  if (strcmp(what, "swap") == 0) return swap();
  if (strcmp(what, "args") == 0) return show_args(argc - 2, argv + 2);
  if (strcmp(what, "hang") == 0) return linger(minute);
  if (strcmp(what, "nap") == 0) return linger(1);
  if (strcmp(what, "leave") == 0) return leave(argv[0], how);
  if (strcmp(what, "name") == 0) return printf("%s", argv[0]) < 0;
  if (strcmp(what, "reexec") == 0) return again(argv[0], atoi(how));
  fprintf(stderr, "contract: do not know how to '%s'\n", what);
  return 64;
}

#ifdef _WIN32
int wmain(int argc, wchar_t **wide) {
  char **argv = calloc((size_t)argc + 1, sizeof *argv);
  for (int i = 0; i < argc; ++i) argv[i] = utf8(wide[i]);
  _setmode(1, _O_BINARY);
  _setmode(2, _O_BINARY);
  return perform(argc, argv);
}
#else
int main(int argc, char **argv) { return perform(argc, argv); }
#endif
