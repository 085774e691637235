/* SPDX-License-Identifier: Apache-2.0 */
/* The plainest C program that says something; the last line is the trailer that a pass needs. */
#include <stdio.h>
#include <stdlib.h>

int main(void) {
    const char* nonce = getenv("XTEST_NONCE");
    printf("hello from c: 6*7=%d\n", 6 * 7);
    printf("@xtest %s end ok 1 0\n", nonce ? nonce : "-");
    return 0;
}
