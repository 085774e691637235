/* SPDX-License-Identifier: Apache-2.0 */
#define NAME(name) loaded_##name
#include "E1_library.h"
