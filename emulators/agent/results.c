/* SPDX-License-Identifier: Apache-2.0 */
#include "emulators/agent/results.h"

#include "emulators/agent/run_streams.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { piece_size = 64 << 10, part_size = 256, name_size = 4096, most_names = 4096 };

static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+@=,-/";
static const char odd_name[] = "its name has characters with which it is not brought back";

/* ---- names ---- */

/* The folder that holds `path`, below `at`, or -1; `last` is the last part of it. */
static int open_folder_of(int at, const char *path, const char **last) {
  int fd = openat(at, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const char *slash;
  for (; fd >= 0 && (slash = strchr(path, '/')) != NULL; path = slash + 1) {
    char part[part_size];
    size_t size = (size_t)(slash - path);
    int below = -1;
    if (size < sizeof part) {
      memcpy(part, path, size);
      part[size] = 0;
      below = strcmp(part, "..") == 0 ? -1 : openat(fd, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    }
    close(fd);
    fd = below;
  }
  *last = path;
  return fd;
}

static void add_name(struct results *x, size_t *count, const char *folder, size_t folder_size, const char *name) {
  char path[name_size];
  if (*count == most_names) return;
  snprintf(path, sizeof path, "%.*s%s", (int)folder_size, folder, name);
  x->names[*count] = strdup(path);
  if (x->names[*count] != NULL) ++*count;
}

/* A name that is not plain is told by the pattern. */
static void find(struct results *x, size_t *count, const char *pattern) {
  const char *wild;
  int fd = open_folder_of(x->folder, pattern, &wild);
  DIR *folder = fd < 0 ? NULL : fdopendir(fd);
  if (folder == NULL) {
    if (fd >= 0) close(fd);
    return;
  }
  for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
    const char *name = entry->d_name;
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || fnmatch(wild, name, FNM_PERIOD) != 0) continue;
    add_name(x, count, pattern, (size_t)(wild - pattern), name[strspn(name, plain)] == 0 ? name : wild);
  }
  closedir(folder);
}

static int compare(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

void results_begin(struct results *x, const struct request *r) {
  size_t count = 0, kept = 0;
  memset(x, 0, sizeof *x);
  x->file = x->folder = -1;
  if (r->results[0] == NULL) return;
  x->names = must_alloc((most_names + 1) * sizeof *x->names);
  x->folder = open(*r->cwd != 0 ? r->cwd : "/", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  for (char **pattern = r->results; x->folder >= 0 && *pattern != NULL; ++pattern) find(x, &count, *pattern);
  qsort(x->names, count, sizeof *x->names, compare);
  for (size_t i = 0; i < count; ++i) {
    if (kept > 0 && strcmp(x->names[i], x->names[kept - 1]) == 0) free(x->names[i]);
    else x->names[kept++] = x->names[i];
  }
  x->names[kept] = NULL;
}

void results_end(struct results *x) {
  for (char **name = x->names; name != NULL && *name != NULL; ++name) free(*name);
  free(x->names);
  if (x->folder >= 0) close(x->folder);
  if (x->file >= 0) close(x->file);
  memset(x, 0, sizeof *x);
  x->file = x->folder = -1;
}

/* ---- contents ---- */

/* Opens the file; NULL, or why it does not come. */
static const char *open_file(struct results *x, const struct request *r, const char *path) {
  const char *last;
  struct stat status;
  if (x->at == XA_MOST_FILES) return "there are more result files than may be";
  if (path[strcspn(path, "*?")] != 0) return odd_name;
  int folder = open_folder_of(x->folder, path, &last);
  if (folder < 0 || fstatat(folder, last, &status, AT_SYMLINK_NOFOLLOW) != 0) status.st_mode = 0;
  const bool is_regular = S_ISREG(status.st_mode);
  if (is_regular) x->file = openat(folder, last, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (folder >= 0) close(folder);
  if (S_ISLNK(status.st_mode)) return "it is a symbolic link";
  if (!is_regular) return "it is no regular file";
  if (x->file < 0 || fstat(x->file, &status) != 0) return strerror(errno);
  x->size = x->left = (uint64_t)status.st_size;
  if (x->size > r->most_of_one) return "it is larger than a result file may be";
  return x->size > r->most_of_all - x->sent ? "the result files together are larger than they may be" : NULL;
}

static void begin_file(struct channel *c, uint32_t seq, const char *name) {
  frame_begin(c, XA_FILE, seq);
  frame_text(c, name);
  frame_end(c);
}

static void end_file(struct results *x, struct channel *c, uint32_t seq, const char *why) {
  frame_begin(c, XA_FILE_END, seq);
  frame_u64(c, x->size);
  frame_text(c, why);
  frame_end(c);
  if (x->file >= 0) close(x->file);
  x->file = -1;
  x->size = 0;
  ++x->at;
}

static void send_piece(struct results *x, struct channel *c, uint32_t seq) {
  static unsigned char bytes[piece_size];
  ssize_t got = x->left == 0 ? 0 : read(x->file, bytes, x->left < sizeof bytes ? (size_t)x->left : sizeof bytes);
  if (got > 0) {
    send_output(c, seq, 3, bytes, (size_t)got);
    x->left -= (uint64_t)got;
    x->sent += (uint64_t)got;
  } else {
    end_file(x, c, seq, "");
  }
}

bool results_send(struct results *x, const struct request *r, struct channel *c) {
  while (x->names != NULL && x->names[x->at] != NULL && x->at <= XA_MOST_FILES) {
    if (!channel_takes_more(c)) return false;
    if (x->file >= 0) {
      send_piece(x, c, r->seq);
      continue;
    }
    begin_file(c, r->seq, x->names[x->at]);
    const char *why = open_file(x, r, x->names[x->at]);
    if (why != NULL) end_file(x, c, r->seq, why);
  }
  return true;
}
