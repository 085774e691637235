// SPDX-License-Identifier: Apache-2.0
// E1 for C++: thread_local objects are made once in each thread that uses them, at namespace scope and in functions,
// also from initialisers that must run; what needs no initialiser comes from the TLS image.
#include "../probe.h"

#include <pthread.h>

#include <string>

namespace {

int made = 0;  // threads run one after the other

struct Counted {
    std::string text = std::string(50, 't');
    Counted() { ++made; }
};

thread_local constinit int image = 0x12345678;
thread_local Counted object;
thread_local std::string computed = std::string(3, 'c') + "d";
alignas(256) thread_local char aligned[3] = "al";

PROBE_NOINLINE Counted& in_function() {
    thread_local Counted local;
    return local;
}

struct View {
    int image, misaligned;
    bool objects, same;
};

View look() {
    View v{};
    v.image = aligned[0] == 'a' && aligned[1] == 'l' ? image : -1;
    Counted& local = in_function();
    v.objects = object.text.size() == 50 && computed == "cccd" && local.text.size() == 50;
    v.same = &in_function() == &local && &local != &object;
    v.misaligned = static_cast<int>(reinterpret_cast<uintptr_t>(aligned) & 255);
    image = 99, object.text = computed = "changed", aligned[0] = 'X';
    return v;
}

void* thread(void* into) {
    *static_cast<View*>(into) = look();
    return nullptr;
}

void judge(const char* who, const View& v) {
    probe_check(v.image == 0x12345678, "tls-image", "%s found %x instead of 12345678 in a constant's place", who,
                static_cast<unsigned>(v.image));
    probe_check(v.objects, "tls-ctor", "%s found thread_local objects that were not initialised", who);
    probe_check(v.same, "tls-shared", "in %s a thread_local object changed its address", who);
    probe_check(v.misaligned == 0, "tls-align", "in %s a variable aligned to 256 is off by %d", who, v.misaligned);
}

}  // namespace

int main() {
    View views[3];
    probe_begin("E1");
    views[0] = look();
    for (int i = 1; i < 3; i++) {
        pthread_t one;
        if (!probe_check(pthread_create(&one, nullptr, thread, &views[i]) == 0 && pthread_join(one, nullptr) == 0,
                         "thread", "no thread could be started"))
            return probe_end();
    }
    judge("the main thread", views[0]);
    judge("a first thread", views[1]);
    judge("a second thread", views[2]);
    probe_check(made == 6, "tls-ctor", "3 threads made %d thread_local objects, expected 6", made);
    probe_check(image == 99 && computed == "changed", "tls-shared",
                "another thread changed the main thread's variables");
    return probe_end();
}
