// SPDX-License-Identifier: Apache-2.0
// H1 for C++, the caller: the same structures, and classes.
#include "H1.c"
#include "H1_classes.h"

static void classes() {
    Copied one(1), two(2);
    Square square;
    probe_check(take_empty(Empty(), 123, Empty(), 2.5), "scalars",
                "beside empty classes an int and a double arrived wrong");
    int got = take_copied(one, two, Copied(7));
    probe_check(got == 702 && two.value == 50, "class-arg",
                "classes by value, reference and rvalue arrived as %d and left %d, expected 702 and 50", got,
                two.value);
    probe_check(give_copied(21).value == 42, "class-return", "a class that is not trivial came back wrong");
    probe_check(Copied::alive == 2, "class-lifetime", "%d objects are alive after calls by value, expected 2",
                Copied::alive);
    got = take_shape(square, square);
    probe_check(got == 10000 + 'e', "virtual-call", "virtual calls through both bases gave %d, expected %d", got,
                10000 + 'e');
    got = call_method(square, choose_method(true), 41);
    probe_check(got == 42 && choose_method(false) == nullptr, "member-pointer",
                "a call through a pointer to member gave %d, expected 42", got);
}
