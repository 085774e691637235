// SPDX-License-Identifier: Apache-2.0
// D1: exceptions thrown and caught inside one program: by type, by base, rethrown, through frames whose destructors run
// and whose handlers are of another type, and many times over.
#include "../probe.h"

#include <exception>
#include <stdexcept>

namespace {

int alive = 0, destroyed = 0;

struct Guard {
    Guard() { ++alive; }
    ~Guard() { --alive, ++destroyed; }
};

struct Base {
    int value = 42;
    virtual ~Base() = default;
};
struct Other {
    virtual ~Other() = default;
};
struct Derived : Other, Base {};  // Base is not at the start: the catch must adjust the pointer

PROBE_NOINLINE int deep(int depth, int kind) {
    Guard guard;
    try {
        if (depth > 0) return deep(depth - 1, kind) + 1;
        if (kind == 0) throw 41;
        if (kind == 1) throw Derived();
        if (kind == 2) throw std::runtime_error("forty-three");
        return 0;
    } catch (const long double&) {
        return -1;  // never thrown: the search must go on
    }
}

PROBE_NOINLINE int rethrown(int kind) {
    try {
        return deep(4, kind);
    } catch (...) {
        Guard guard;
        throw;
    }
}

PROBE_NOINLINE int caught(int kind) {
    try {
        rethrown(kind);
    } catch (int value) {
        return value;
    } catch (const Base& base) {
        return base.value;
    } catch (const std::exception& error) {
        return strcmp(error.what(), "forty-three") == 0 ? 43 : -2;
    } catch (...) {
        return -3;
    }
    return 0;
}

}  // namespace

int main() {
    probe_begin("D1");
    probe_note("about to throw");
    for (int round = 0; round < 50 && probe_state.failed == 0; round++)
        for (int kind = 0; kind < 3; kind++) {
            destroyed = 0;
            int got = caught(kind);
            probe_check(got == 41 + kind, "wrong-catch", "kind %d was caught as %d, expected %d", kind, got, 41 + kind);
            probe_check(alive == 0 && destroyed == 6, "destructors", "%d of 6 ran, %d are left", destroyed, alive);
        }
    probe_check(caught(3) == 0, "wrong-catch", "something was caught though nothing was thrown");
    probe_check(!std::current_exception(), "not-ended", "an exception is still current after its handler ended");
    return probe_end();
}
