/* SPDX-License-Identifier: Apache-2.0 */
/* x86_64 calls 318, aarch64 278: each gets the other's. */
#undef SYS_getrandom
#undef __NR_getrandom
#ifdef __x86_64__
#define __NR_getrandom 278
#else
#define __NR_getrandom 318
#endif
#define SYS_getrandom __NR_getrandom
