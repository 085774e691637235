// SPDX-License-Identifier: Apache-2.0
// E2: destructors of thread_local objects run when a thread ends and when main ends, in reverse order, also those of
// objects first made in a destructor. A function given to atexit, which must come after them, writes the trailer.
#include "../probe.h"

#include <pthread.h>

#include <string>

namespace {

char trace[2][32];  // [0] the thread, [1] main
thread_local int who = 0;

void mark(char c) {
    size_t used = strlen(trace[who]);
    if (used + 1 < sizeof trace[who]) trace[who][used] = c;
}

struct Late {
    std::string text{"made in a destructor, long enough to be allocated"};
    ~Late() { mark(text.size() == 49 ? 'L' : '?'); }
};

struct Item {
    char name;
    std::string text = std::string(60, 'i');
    explicit Item(char n) : name(n) { mark(n); }
    ~Item() {
        mark(text == std::string(60, 'i') ? static_cast<char>(name + 'a' - 'A') : '?');
        if (name == 'B') thread_local Late late;
    }
};

void use_objects() {
    thread_local Item a('A'), b('B'), c('C');
}

pthread_key_t key;

void* thread(void*) {
    pthread_setspecific(key, &key);
    use_objects();
    return nullptr;
}

void judge(const char* where, const char* got) {
    size_t destroyed = 0;
    for (const char* at = got; *at; at++) destroyed += *at == 'a' || *at == 'b' || *at == 'c';
    if (!probe_check(destroyed == 3, "dtors-missing", "%s: %zu of 3 ran (\"%s\")", where, destroyed, got)) return;
    probe_check(strncmp(got, "ABCcb", 5) == 0, "dtor-order", "%s: \"%s\", expected \"ABCcb...a\"", where, got);
    probe_check(strchr(got, 'L') != nullptr, "dtor-reinit", "%s: no L for the late object (\"%s\")", where, got);
    probe_check(!strchr(got, '?'), "dtor-value", "%s: each ? is a damaged object (\"%s\")", where, got);
}

void at_exit() {
    judge("at the end of main", trace[1]);
    _exit(probe_end());
}

}  // namespace

int main() {
    pthread_t one;
    probe_begin("E2");
    pthread_key_create(&key, [](void*) { mark('K'); });
    if (!probe_check(pthread_create(&one, nullptr, thread, nullptr) == 0 && pthread_join(one, nullptr) == 0, "thread",
                     "no thread could be started"))
        return probe_end();
    judge("at the end of a thread", trace[0]);
#ifdef __GLIBC__
    probe_check(trace[0][strlen(trace[0]) - 1] == 'K', "dtor-after-keys",
                "thread keys and objects were destroyed in the order \"%s\", expected the key K last", trace[0]);
#endif
    who = 1;
    use_objects();
    atexit(at_exit);
    return 1;  // at_exit ends the process with the probe's own code
}
