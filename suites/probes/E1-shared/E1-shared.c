/* SPDX-License-Identifier: Apache-2.0 */
/* E1-shared: thread-local variables of shared libraries start in every thread as they should, in a library that the
 * program is linked with and in one that is loaded while another thread is already running. */
#include "../probe.h"
#include "E1_library.h"

#include <pthread.h>
#ifndef _WIN32
#include <dlfcn.h>
#endif

void linked_look(struct view* v);
static void (*loaded_look)(struct view* v);
static pthread_mutex_t loading = PTHREAD_MUTEX_INITIALIZER;
#ifdef __ELF__
extern __thread volatile int linked_number; /* its place is known from the start: the initial-exec model */
#endif

struct views {
    struct view linked, loaded;
    ptrdiff_t apart; /* where the program and the library find the same variable */
};

static int load(void) {
#ifdef _WIN32
    HMODULE library = LoadLibraryA("E1_loaded.dll");
    FARPROC symbol = library ? GetProcAddress(library, "loaded_look") : NULL;
    probe_check(symbol != NULL, "load", "E1_loaded.dll was not loaded, error %lu", GetLastError());
#else
    void* library = dlopen("E1_loaded.so", RTLD_NOW | RTLD_LOCAL);
    void* symbol = library ? dlsym(library, "loaded_look") : NULL;
    probe_check(symbol != NULL, "load", "E1_loaded.so was not loaded: %s", symbol ? "" : dlerror());
#endif
    memcpy(&loaded_look, &symbol, sizeof symbol);
    return symbol != NULL;
}

static void* look(void* into) {
    struct views* views = (struct views*)into;
    linked_look(&views->linked);
#ifdef __ELF__
    views->apart = (char*)&linked_number - (char*)views->linked.address;
#endif
    pthread_mutex_lock(&loading);
    loaded_look(&views->loaded);
    pthread_mutex_unlock(&loading);
    return NULL;
}

static void judge(const char* who, const char* library, const struct view* v) {
    probe_check(v->number == 0x12345678 && v->text && v->page && v->large, "tls-image",
                "%s found in the %s library number %x (expected 12345678), text %d, page %d, large %d (expected 1)",
                who, library, (unsigned)v->number, v->text, v->page, v->large);
    probe_check(v->zero, "tls-zero", "%s found what shall be zero not zero in the %s library", who, library);
    probe_check(v->misaligned == 0, "tls-align", "%s: off from 4096 by %d in the %s library", who, v->misaligned,
                library);
}

int main(void) {
    static const char* const who[] = {"a thread older than the loaded library", "the main thread", "a younger thread"};
    static struct views views[3];
    pthread_t older, younger;
    probe_begin("E1-shared");
    pthread_mutex_lock(&loading); /* the older thread looks at the linked library, then waits for the other */
    int started = pthread_create(&older, NULL, look, &views[0]) == 0;
    if (!load()) return probe_end();
    pthread_mutex_unlock(&loading);
    look(&views[1]);
    started = started && pthread_join(older, NULL) == 0 && pthread_create(&younger, NULL, look, &views[2]) == 0 &&
              pthread_join(younger, NULL) == 0;
    if (!probe_check(started, "thread", "no thread could be started")) return probe_end();
    for (int i = 0; i < 3; i++) {
        judge(who[i], "linked", &views[i].linked);
        judge(who[i], "loaded", &views[i].loaded);
        probe_check(views[i].apart == 0, "tls-model", "%s: the program is off by %zd in the linked library", who[i],
                    views[i].apart);
    }
    return probe_end();
}
