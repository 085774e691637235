// SPDX-License-Identifier: Apache-2.0

// C1: unbounded recursion ends in the runtime's own "stack overflow" and exit code 2, not in a fault and not in a hang.
package main

import (
	"runtime/debug"
	"strings"
)

//go:noinline
func dig(depth int) int {
	var frame [256]byte
	frame[depth&255] = byte(depth)
	return dig(depth+1) + int(frame[(depth+1)&255])
}

func main() {
	if probeRole() != "" {
		debug.SetMaxStack(32 << 20)
		println(dig(0))
	}
	code, text := probeChild("overflow")
	named := strings.Contains(text, "stack overflow") && strings.Contains(text, "goroutine stack exceeds")
	first := strings.SplitN(text, "\n", 2)[0]
	probeCheck(named, "guard-missed", "the child ended with %d and does not say that its stack overflowed (%.120s)", code, first)
	probeCheck(!named || code == 2, "abort-status", "after reporting the overflow the child ended with %d instead of 2", code)
	probeEnd()
}
