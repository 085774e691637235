// SPDX-License-Identifier: Apache-2.0
// C1 as a C++ program: the same text, with the C++ runtime in the process.
#include "C1.c"
