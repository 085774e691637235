/* SPDX-License-Identifier: Apache-2.0 */
#include "emulators/agent/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int folder_make(const char *path) {
  if (mkdir(path, 0777) == 0 || errno == EEXIST) return 0;
  if (errno != ENOENT) return errno;
  char *copy = strdup(path);
  if (copy == NULL) return ENOMEM;
  int error = 0;
  for (char *slash = strchr(copy + 1, '/'); slash != NULL && error == 0; slash = strchr(slash + 1, '/')) {
    *slash = 0;
    if (mkdir(copy, 0777) != 0 && errno != EEXIST) error = errno;
    *slash = '/';
  }
  free(copy);
  if (error == 0 && mkdir(path, 0777) != 0 && errno != EEXIST) error = errno;
  return error;
}

static bool is_dot(const char *name) { return strcmp(name, ".") == 0 || strcmp(name, "..") == 0; }

static bool same_device(int fd, dev_t device) {
  struct stat status;
  return fstat(fd, &status) == 0 && status.st_dev == device;
}

static int open_folder(int at, const char *name) {
  int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  int fd = openat(at, name, flags);
  if (fd >= 0 || errno != EACCES) return fd;
  fchmodat(at, name, 0700, 0);
  return openat(at, name, flags);
}

/* Empties the folder `fd`: files are unlinked, sub-folders are moved up to `top` under a new name, so that depth never
   costs descriptors. Returns how many entries it dealt with. */
static long empty_one(int fd, int top, unsigned long *serial) {
  long done = 0;
  fchmod(fd, 0700);
  DIR *folder = fdopendir(fd);
  if (folder == NULL) {
    close(fd);
    return 0;
  }
  for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
    char name[48];
    if (is_dot(entry->d_name)) continue;
    if (unlinkat(fd, entry->d_name, 0) == 0) {
      ++done;
      continue;
    }
    snprintf(name, sizeof name, ".xtest-removed-%lu", (*serial)++);
    if (renameat(fd, entry->d_name, top, name) == 0) {
      ++done;
    } else if (errno == EACCES) { /* a folder we may not write to cannot be moved: its ".." would change */
      fchmodat(fd, entry->d_name, 0700, 0);
      if (renameat(fd, entry->d_name, top, name) == 0) ++done;
    }
  }
  closedir(folder);
  return done;
}

/* One pass over the top folder; sub-folders lose one level. Returns how many entries it dealt with. */
static long pass(const char *path, dev_t device, unsigned long *serial) {
  long done = 0;
  int top = open_folder(AT_FDCWD, path);
  if (top < 0) return 0;
  fchmod(top, 0700);
  DIR *folder = fdopendir(dup(top));
  for (struct dirent *entry = folder ? readdir(folder) : NULL; entry != NULL; entry = readdir(folder)) {
    if (is_dot(entry->d_name)) continue;
    if (unlinkat(top, entry->d_name, 0) == 0) {
      ++done;
      continue;
    }
    int fd = open_folder(top, entry->d_name);
    if (fd >= 0 && same_device(fd, device)) done += empty_one(fd, top, serial);
    else if (fd >= 0) close(fd);
    if (unlinkat(top, entry->d_name, AT_REMOVEDIR) == 0) ++done;
  }
  if (folder != NULL) closedir(folder);
  close(top);
  return done;
}

bool folder_remove(const char *path) {
  struct stat status;
  unsigned long serial = 0;
  if (rmdir(path) == 0 || errno == ENOENT) return true;
  if (lstat(path, &status) != 0) return errno == ENOENT;
  if (!S_ISDIR(status.st_mode)) return unlink(path) == 0;
  while (pass(path, status.st_dev, &serial) > 0) {
    if (rmdir(path) == 0) return true;
  }
  return rmdir(path) == 0 || errno == ENOENT;
}
