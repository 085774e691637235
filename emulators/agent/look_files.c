/* SPDX-License-Identifier: Apache-2.0 */
#define _FILE_OFFSET_BITS 64
#include "emulators/agent/look.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { go_words = 4, elf_core = 4 };

size_t look_read_start(const char *path, unsigned char *into, size_t size) {
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  ssize_t got = fd < 0 ? -1 : read(fd, into, size);
  if (fd >= 0) close(fd);
  return got < 0 ? 0 : (size_t)got;
}

/* Its note: name size 4, any size, type 4, "Go". */
static bool has_go_note(const unsigned char *bytes, size_t size) {
  for (size_t at = 0; at + 16 <= size; at += 4) {
    if (memcmp(bytes + at + 12, "Go\0", 4) != 0) continue;
    if ((bytes[at] == 4 && bytes[at + 8] == 4) || (bytes[at + 3] == 4 && bytes[at + 11] == 4)) return true;
  }
  return false;
}

bool look_is_go(char *const *argv) {
  unsigned char bytes[8192];
  for (int i = 0; i < go_words && argv[i] != NULL; ++i) {
    if (argv[i][0] == '/' && has_go_note(bytes, look_read_start(argv[i], bytes, sizeof bytes))) return true;
  }
  return false;
}

static bool is_core(const char *path, struct stat *facts) {
  unsigned char head[18];
  if (lstat(path, facts) != 0 || !S_ISREG(facts->st_mode)) return false;
  if (look_read_start(path, head, sizeof head) != sizeof head || memcmp(head, "\177ELF", 4) != 0) return false;
  return head[head[5] == 1 ? 16 : 17] == elf_core;
}

static unsigned char *read_whole(const char *path, size_t size) {
  unsigned char *bytes = malloc(size);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  size_t got = 0;
  for (ssize_t more = 1; bytes != NULL && fd >= 0 && got < size && more > 0; got += more > 0 ? (size_t)more : 0) {
    more = read(fd, bytes + got, size - got);
  }
  if (fd >= 0) close(fd);
  if (got == size) return bytes;
  free(bytes);
  return NULL;
}

unsigned char *look_find_core(const char *folder, size_t cap, size_t *size) {
  unsigned char *found = NULL;
  DIR *entries = opendir(folder);
  if (entries == NULL) return NULL;
  for (struct dirent *entry = readdir(entries); entry != NULL && found == NULL; entry = readdir(entries)) {
    char path[4096];
    struct stat facts;
    snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
    if (!is_core(path, &facts) || (uint64_t)facts.st_size > cap) continue;
    *size = (size_t)facts.st_size;
    found = read_whole(path, *size);
  }
  closedir(entries);
  return found;
}
