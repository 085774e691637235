/* SPDX-License-Identifier: Apache-2.0 */
/* A loader that tells the unwinder where the tables of the libraries are and not where those of the program are. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <link.h>

extern const char __executable_start[], _end[];

typedef int (*visitor)(struct dl_phdr_info *, size_t, void *);
struct visit {
  visitor visitor;
  void *data;
};

int _dl_find_object(void *address, struct dl_find_object *found) {
    int (*real)(void *, struct dl_find_object *) =
        (int (*)(void *, struct dl_find_object *))dlsym(RTLD_NEXT, "_dl_find_object");
    const char *at = address;
    return at >= __executable_start && at < _end ? -1 : real(address, found);
}

static int not_the_program(struct dl_phdr_info *info, size_t size, void *data) {
  const struct visit *visit = data;
  return *info->dlpi_name ? visit->visitor(info, size, visit->data) : 0;
}

int dl_iterate_phdr(visitor visitor, void *data) {
  int (*real)(int (*)(struct dl_phdr_info *, size_t, void *), void *) =
      (int (*)(int (*)(struct dl_phdr_info *, size_t, void *), void *))dlsym(RTLD_NEXT, "dl_iterate_phdr");
  struct visit visit = {visitor, data};
  return real(not_the_program, &visit);
}
