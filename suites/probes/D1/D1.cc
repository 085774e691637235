// SPDX-License-Identifier: Apache-2.0
// D1: exceptions thrown and caught inside one program: by type, by base, rethrown, through frames whose destructors run,
// past a handler of another type, and many times over.
#include "../probe.h"

#include <exception>
#include <stdexcept>
#include <string>

namespace {

int alive = 0, destroyed = 0;

struct Guard {
    std::string text = std::string(40, 'g');
    Guard() { ++alive; }
    ~Guard() { --alive, ++destroyed; }
};

struct Base {
    int value;
    explicit Base(int v) : value(v) {}
    virtual ~Base() = default;
};
struct Other {
    virtual ~Other() = default;
    long filler = 7;
};
struct Derived : Other, Base {  // Base is not at the start: the catch must adjust the pointer
    explicit Derived(int v) : Base(v) {}
};

PROBE_NOINLINE void raise(int kind) {
    Guard guard;
    if (kind == 0) throw 41;
    if (kind == 1) throw Derived(42);
    if (kind == 2) throw std::runtime_error("forty-three");
    if (kind == 3) throw std::string("forty-four");
}

PROBE_NOINLINE int deep(int depth, int kind) {
    Guard guard;
    if (depth == 0) raise(kind);
    else return deep(depth - 1, kind) + static_cast<int>(guard.text.size());
    return 0;
}

PROBE_NOINLINE int other_handler(int kind) {
    try {
        return deep(3, kind);
    } catch (const long double&) {
        return -1;  // never thrown: the search must go on
    }
}

PROBE_NOINLINE int rethrown(int kind) {
    try {
        return other_handler(kind);
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
        return std::string(error.what()) == "forty-three" ? 43 : -2;
    } catch (const std::string& text) {
        return text == "forty-four" ? 44 : -3;
    } catch (...) {
        return -4;
    }
    return 0;
}

}  // namespace

int main() {
    probe_begin("D1");
    probe_note("about to throw");
    for (int round = 0; round < 50 && probe_state.failed == 0; round++)
        for (int kind = 0; kind < 4; kind++) {
            destroyed = 0;
            int got = caught(kind);
            probe_check(got == 41 + kind, "wrong-catch", "the exception of kind %d was caught as %d, expected %d", kind, got, 41 + kind);
            probe_check(alive == 0 && destroyed == 6, "destructors", "%d of 6 destructors ran while unwinding, %d objects are left", destroyed, alive);
        }
    probe_check(caught(4) == 0, "wrong-catch", "something was caught though nothing was thrown");
    probe_check(!std::current_exception(), "not-ended", "an exception is still current after its handler ended");
    return probe_end();
}
