// SPDX-License-Identifier: Apache-2.0

// B5: a child's exit code arrives unchanged, a panic is 2, os.Exit in a goroutine ends the process and skips what is deferred.
package main

import (
	"os"
	"strconv"
	"strings"
)

func act(role string) {
	switch role {
	case "panic":
		panic("wanted")
	case "defer":
		defer os.Exit(77)
		os.Exit(5)
	case "goroutine":
		go os.Exit(6)
		select {}
	}
	code, _ := strconv.Atoi(role)
	os.Exit(code)
}

func main() {
	if role := probeRole(); role != "" {
		act(role)
	}
	for _, row := range []struct {
		role, key string
		expected  int
	}{
		{"0", "exit-code", 0}, {"1", "exit-code", 1}, {"101", "exit-code", 101}, {"255", "exit-code", 255},
		{"panic", "panic", 2}, {"defer", "atexit", 5}, {"goroutine", "exit-in-thread", 6},
	} {
		code, text := probeChild(row.role)
		probeCheck(code == row.expected, row.key, "the child %q ended with %d, expected %d (%.80s)", row.role, code, row.expected,
			strings.TrimSpace(text))
	}
	probeEnd()
}
