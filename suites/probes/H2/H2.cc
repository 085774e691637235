// SPDX-License-Identifier: Apache-2.0
// H2 for C++, the caller: the same calls, from and to files that the C++ compiler made.
#include "H2.c"
