// SPDX-License-Identifier: Apache-2.0
// What H1 adds for C++: classes that go by value and by reference between two files.
#pragma once

struct Empty {};
struct Copied {  // not trivial: goes by the address of a copy, and is returned into the caller's place
    int value;
    static int alive;
    explicit Copied(int v) : value(v) { ++alive; }
    Copied(const Copied& other) : value(other.value + 1) { ++alive; }
    ~Copied() { --alive; }
};
struct Shape {
    virtual ~Shape() = default;
    virtual int corners(double scale) const = 0;
    int plain(long long add) { return static_cast<int>(add) + 1; }
};
struct Named {
    virtual ~Named() = default;
    virtual char letter() const { return 'n'; }
};
struct Square : Shape, Named {
    int side = 4;
    int corners(double scale) const override;
    char letter() const override;
};
using Method = int (Shape::*)(long long);

int take_empty(Empty, int a, Empty, double b);
int take_copied(Copied by_value, Copied& by_reference, Copied&& moved);
Copied give_copied(int value);
int take_shape(const Shape& shape, const Named& named);
int call_method(Shape& shape, Method method, long long value);
Method choose_method(bool exact);
