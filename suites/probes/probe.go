// SPDX-License-Identifier: Apache-2.0

// The protocol of a probe program for Go (see probe.h): the second file of each Go probe's package.
package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

var probeChecks, probeFailed int

func probeSay(format string, args ...interface{}) {
	nonce := os.Getenv("XTEST_NONCE")
	if nonce == "" {
		nonce = "-"
	}
	text := strings.NewReplacer("\n", " ", "\r", " ").Replace(fmt.Sprintf(format, args...))
	os.Stdout.WriteString("@xtest " + nonce + " " + text + "\n")
}

func probeNote(format string, args ...interface{}) {
	probeSay("note %s", fmt.Sprintf(format, args...))
}

func probeCheck(good bool, key, format string, args ...interface{}) bool {
	probeChecks++
	if !good {
		probeFailed++
		probeSay("fail %s %s", key, fmt.Sprintf(format, args...))
	}
	return good
}

// probeEnd writes the trailer and ends the process.
func probeEnd() {
	if probeChecks == 0 {
		probeCheck(false, "no-checks", "the probe ended without a single check")
	}
	verdict, code := "ok", 0
	if probeFailed > 0 {
		verdict, code = "bad", 1
	}
	probeSay("end %s %d %d", verdict, probeChecks, probeFailed)
	os.Exit(code)
}

// probeSkip ends the process as "cannot be asked here".
func probeSkip(format string, args ...interface{}) {
	probeSay("skip %s", fmt.Sprintf(format, args...))
	probeSay("end skip 0 0")
	os.Exit(0)
}

// probeRole is what this process is asked to do as a child of itself, "" in the parent. It travels in the environment: where
// a port loses the arguments, every child would take itself for a parent and start another one.
func probeRole() string {
	return os.Getenv("XTEST_ROLE")
}

// probeChild runs this very program with a role: its exit code (-1 for a signal) and its stderr.
func probeChild(role string) (code int, stderr string) {
	me, err := os.Executable()
	if err == nil {
		var text bytes.Buffer
		child := exec.Command(me)
		child.Env = append(os.Environ(), "GOTRACEBACK=single", "XTEST_ROLE="+role)
		child.Stderr = &text
		err = child.Run()
		if child.ProcessState != nil {
			return child.ProcessState.ExitCode(), text.String()
		}
	}
	probeCheck(false, "reexec", "the program could not start itself: %v", err)
	probeEnd()
	return
}
