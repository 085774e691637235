// SPDX-License-Identifier: Apache-2.0
// B2 for C++: objects with static storage are made before main in the order of their priorities, and destroyed in
// reverse after what main gave to atexit. The destructor of the first one writes the trailer.
#include "../probe.h"

#include <cstdio>
#include <string>

static char order[16];

static void mark(char c) {
    size_t used = strlen(order);
    if (used + 1 < sizeof order) order[used] = c;
}

static void leave(int code) {
#ifdef _WIN32
    TerminateProcess(GetCurrentProcess(), (UINT)code);
#else
    _exit(code);
#endif
}

struct First {
    First() { mark('1'); }
    ~First() {
        probe_check(strcmp(order, "123abXY") == 0, strchr(order, 'a') ? "dtor-order" : "atexit-missing",
                    "atexit functions and destructors ran as \"%s\", expected \"abXY\"", order + strlen("123"));
        leave(probe_end());
    }
};
struct Second {
    Second() { mark('2'); }
    ~Second() { mark('Y'); }
};
struct Third {
    std::string text;
    Third() : text(100, 'x') { mark('3'); }
    ~Third() { mark('X'); }
};

static Third third;  // above the others: only the priorities can put it last
__attribute__((init_priority(202))) static Second second;
__attribute__((init_priority(201))) static First first;
static const int computed = static_cast<int>(strlen(order));

static int& on_first_use() {
    static int value = (mark('L'), computed);
    return value;
}

int main() {
    probe_begin("B2");
    size_t ran = strlen(order);
    if (!probe_check(ran == 3, "ctors-missing", "3 static objects expected before main, %zu were made (\"%s\")", ran,
                     order))
        leave(probe_end());
    probe_check(strcmp(order, "123") == 0, "ctor-order", "objects of priority 201, 202 and none were made as \"%s\"",
                order);
    probe_check(third.text.size() == 100 && computed == 3, "ctor-value",
                "a static object does not hold what its constructor gave it");
    probe_check(on_first_use() == 3 && order[3] == 'L', "local-static",
                "a local static was made before its first use, or not at all");
    memcpy(order, "123\0\0\0\0", 8);
    atexit([] { mark('b'); });
    atexit([] { mark('a'); });
    return 1;  // the first object's destructor ends the process with the probe's own code
}
