// SPDX-License-Identifier: Apache-2.0
// H2 for C++, the callee.
#include "H2_callee.c"
