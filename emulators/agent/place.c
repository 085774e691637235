/* SPDX-License-Identifier: Apache-2.0 */
#include "emulators/agent/place.h"

#include "emulators/agent/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { most_room = 16 << 20 };

static char trouble[1024];

static int make_folder_of(const char *path) {
  char folder[1024];
  const char *slash = strrchr(path, '/');
  if (slash == NULL || (size_t)(slash - path) >= sizeof folder) return ENAMETOOLONG;
  memcpy(folder, path, (size_t)(slash - path));
  folder[slash - path] = 0;
  return folder_make(folder);
}

/* 0 or errno. */
static int write_at(const char *path, mode_t mode, uint64_t offset, const unsigned char *bytes, size_t size) {
  int error = offset == 0 ? make_folder_of(path) : 0;
  int fd = error == 0 ? open(path, O_WRONLY | O_CLOEXEC | (offset == 0 ? O_CREAT | O_EXCL : 0), mode) : -1;
  if (fd < 0) return error != 0 ? error : errno;
  while (size > 0 && error == 0) {
    ssize_t done = pwrite(fd, bytes, size, (off_t)offset);
    if (done < 0) {
      error = errno;
      break;
    }
    bytes += done;
    size -= (size_t)done;
    offset += (uint64_t)done;
  }
  if (fchmod(fd, mode) != 0 && error == 0) error = errno;
  if (close(fd) != 0 && error == 0) error = errno;
  return error;
}

bool place_file(struct reader *payload) {
  const char *path = read_text(payload);
  uint32_t mode = read_u32(payload);
  uint64_t offset = read_u64(payload);
  if (payload->bad || *path != '/') return false;
  if (*trouble != 0) return true;
  int error = write_at(path, (mode_t)mode & 0777, offset, payload->at, (size_t)(payload->end - payload->at));
  if (error == 0) return true;
  unlink(path);
  snprintf(trouble, sizeof trouble, "cannot write '%s': %s", path, strerror(error));
  return true;
}

bool place_link(struct reader *payload) {
  const char *path = read_text(payload), *name = read_text(payload);
  if (payload->bad || *path != '/' || *name != '/') return false;
  if (*trouble != 0) return true;
  int error = make_folder_of(name);
  unlink(name);
  if (error == 0 && link(path, name) != 0) error = errno;
  if (error != 0) snprintf(trouble, sizeof trouble, "cannot make '%s' another name of '%s': %s", name, path, strerror(error));
  return true;
}

bool place_remove(struct reader *payload) {
  const char *path = read_text(payload);
  if (payload->bad || *path != '/') return false;
  folder_remove(path);
  return true;
}

const char *place_trouble(const char *folder) {
  static unsigned long known;
  static uint64_t enough;
  struct statvfs status;
  if (*trouble != 0) return trouble;
  if (statvfs(folder, &status) != 0) return NULL;
  uint64_t room = (uint64_t)status.f_bavail * status.f_frsize;
  if (known != status.f_fsid || enough == 0) {
    known = status.f_fsid;
    enough = room / 8 < most_room ? room / 8 : most_room;
    return NULL;
  }
  static char full[128];
  snprintf(full, sizeof full, "there is no room left: %llu KiB where its folder would be", (unsigned long long)(room / 1024));
  return room < enough ? full : NULL;
}
