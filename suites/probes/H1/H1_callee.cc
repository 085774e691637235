// SPDX-License-Identifier: Apache-2.0
// H1 for C++, the callee.
#include "H1_callee.c"
#include "H1_classes.h"

int Copied::alive = 0;

int Square::corners(double scale) const { return static_cast<int>(side * scale); }
char Square::letter() const { return static_cast<char>('a' + side); }

int take_empty(Empty, int a, Empty, double b) { return a == 123 && b == 2.5; }
int take_copied(Copied by_value, Copied& by_reference, Copied&& moved) {
    by_reference.value = 50;
    return by_value.value + 100 * moved.value;
}
Copied give_copied(int value) { return Copied(value * 2); }
int take_shape(const Shape& shape, const Named& named) { return shape.corners(2.5) * 1000 + named.letter(); }
int call_method(Shape& shape, Method method, long long value) { return (shape.*method)(value); }
Method choose_method(bool exact) { return exact ? &Shape::plain : nullptr; }
