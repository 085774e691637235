/* SPDX-License-Identifier: Apache-2.0 */
/* glibc's headers ask for this file where floating point arguments travel in integer registers. */
