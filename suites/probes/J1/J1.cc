// SPDX-License-Identifier: Apache-2.0
// J1 for C++: operator new aligns for every type and for over-aligned ones, keeps blocks apart, refuses impossible
// sizes, and a class's own operator new is the one that is used.
#include "../probe.h"

#include <cstddef>
#include <memory>
#include <new>
#include <string>
#include <vector>

namespace {

struct alignas(128) Wide {
    char bytes[200];
};
struct alignas(4096) Page {
    char bytes[10];
};

template <class T>
void over_aligned(const char* name) {
    for (int i = 1; i < 20; i++) {
        auto one = std::make_unique<T>();
        std::vector<T> many(i);
        probe_check(reinterpret_cast<uintptr_t>(one.get()) % alignof(T) == 0 &&
                        reinterpret_cast<uintptr_t>(many.data()) % alignof(T) == 0,
                    "alignment", "new %s returned %p and %p, not aligned to %zu", name, static_cast<void*>(one.get()),
                    static_cast<void*>(many.data()), alignof(T));
    }
}

int counted_new = 0, counted_delete = 0;

struct Counted {
    long value = 7;
    static void* operator new(std::size_t size) { return ++counted_new, ::operator new(size); }
    static void operator delete(void* at) { ++counted_delete, ::operator delete(at); }
};

}  // namespace

int main() {
    probe_begin("J1");
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < 500; i++) {
        std::size_t size = i * i % 3000 + alignof(std::max_align_t);
        void* block = ::operator new(size);
        probe_check(reinterpret_cast<uintptr_t>(block) % alignof(std::max_align_t) == 0, "alignment",
                    "new of %zu bytes returned %p, not aligned to %zu", size, block, alignof(std::max_align_t));
        memset(block, 0xff, size);
        texts.emplace_back(size, static_cast<char>('a' + i % 26));
        ::operator delete(block);
    }
    std::size_t intact = 0;
    for (std::size_t i = 0; i < texts.size(); i++)
        intact += texts[i].find_first_not_of(static_cast<char>('a' + i % 26)) == std::string::npos;
    probe_check(intact == texts.size(), "overlap", "%zu of %zu strings were overwritten", texts.size() - intact,
                texts.size());
    over_aligned<Wide>("of an object aligned to 128");
    over_aligned<Page>("of an object aligned to 4096");
    delete new Counted;
    probe_check(counted_new == 1 && counted_delete == 1, "operator",
                "an own operator new ran %d times, delete %d times", counted_new, counted_delete);
    volatile std::size_t huge = static_cast<std::size_t>(-1) - 65536;
    void* impossible = ::operator new(huge, std::nothrow);
    probe_check(impossible == nullptr, "impossible", "new of nearly the whole address space returned %p", impossible);
    void* nothing = ::operator new(0);
    probe_check(nothing != nullptr, "failed", "new of 0 bytes returned a null pointer");
    ::operator delete(nothing);
    return probe_end();
}
