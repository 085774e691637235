// SPDX-License-Identifier: Apache-2.0

// The plainest Go program that says something; the last line is the trailer that a pass needs.
package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Println("hello from go: 6*7=" + fmt.Sprint(6*7))
	fmt.Println("@xtest " + os.Getenv("XTEST_NONCE") + " end ok 1 0")
}
