/* SPDX-License-Identifier: Apache-2.0 */
/* E1: every thread starts with its own copy of the TLS image: initialised, zero, aligned and large parts, in each
 * model. */
#include "../probe.h"

#include <pthread.h>

#define TLS static __thread __attribute__((used))
#ifdef __ELF__
#define MODEL(name) __attribute__((tls_model(name)))
#else
#define MODEL(name)
#endif

TLS volatile int zero;
TLS volatile int number = 0x12345678;
TLS volatile char text[16] = "thread-local";
TLS volatile char page[100] __attribute__((aligned(4096))) = "page";
TLS volatile char large[70000] = {[0] = 'a', [69999] = 'z'};
TLS volatile double real = 2.5;
MODEL("initial-exec") __thread volatile int initial_exec = 11;
MODEL("global-dynamic") __thread volatile int global_dynamic = 22;
MODEL("local-dynamic") static __thread volatile int local_dynamic = 33;

struct view {
    int zero, number, text, page, large, real, models, misaligned;
    volatile int* address;
};

static struct view look(void) {
    struct view v;
    v.zero = zero == 0 && large[35000] == 0;
    v.number = number;
    v.text = memcmp((const void*)text, "thread-local", 13) == 0;
    v.page = memcmp((const void*)page, "page", 5) == 0;
    v.large = large[0] == 'a' && large[69999] == 'z';
    v.real = real == 2.5;
    v.models = initial_exec == 11 && global_dynamic == 22 && local_dynamic == 33;
    v.misaligned = (int)((uintptr_t)page & 4095);
    v.address = &number;
    zero = number = initial_exec = global_dynamic = local_dynamic = 99;
    text[0] = page[0] = large[0] = large[35000] = large[69999] = 'X';
    real = -1;
    return v;
}

static void* thread(void* into) {
    *(struct view*)into = look();
    return NULL;
}

static void judge(const char* who, const struct view* v) {
    probe_check(v->number == 0x12345678 && v->text && v->page && v->large && v->real, "tls-image",
                "%s found number %x (expected 12345678), text %d, page %d, large %d, real %d (expected 1 each)", who,
                (unsigned)v->number, v->text, v->page, v->large, v->real);
    probe_check(v->zero, "tls-zero", "%s found what shall be zero not zero", who);
    probe_check(v->misaligned == 0, "tls-align", "in %s a variable aligned to 4096 is off by %d", who, v->misaligned);
    probe_check(v->models || v->number != 0x12345678, "tls-model",
                "%s found wrong values only through the initial-exec or dynamic model", who);
}

int main(void) {
    struct view views[3];
    pthread_t one, two;
    probe_begin("E1");
    views[0] = look();
    judge("the main thread", &views[0]);
    if (!probe_check(pthread_create(&one, NULL, thread, &views[1]) == 0 && pthread_join(one, NULL) == 0 &&
                         pthread_create(&two, NULL, thread, &views[2]) == 0 && pthread_join(two, NULL) == 0,
                     "thread", "no thread could be started"))
        return probe_end();
    judge("a first thread", &views[1]);
    judge("a second thread", &views[2]);
    probe_check(views[1].address != views[0].address && views[2].address != views[0].address, "tls-shared",
                "a thread uses the main thread's variable");
    probe_check(number == 99 && text[0] == 'X', "tls-shared", "another thread changed the main thread's variables: %d",
                number);
    return probe_end();
}
