/* SPDX-License-Identifier: Apache-2.0 */
__declspec(dllexport) int portfault(void) { return 0; }
