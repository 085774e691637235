// SPDX-License-Identifier: Apache-2.0
// C4 as a C++ program: the same text, with the C++ runtime in the process.
#include "C4.c"
