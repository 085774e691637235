/* SPDX-License-Identifier: Apache-2.0 */
__declspec(dllimport) int portfault(void);
__attribute__((used)) static int (*const wanted)(void) = portfault;
