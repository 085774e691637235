// SPDX-License-Identifier: Apache-2.0

// B1: os.File delivers all bytes to a pipe, and reports an error for a full device and for a closed file.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"syscall"
)

func main() {
	fmt.Println("hello from a probe")
	var text bytes.Buffer
	for i := 0; i < 400; i++ {
		fmt.Fprintf(&text, "hello %d world %x\n", i, i)
	}
	from, to, err := os.Pipe()
	if probeCheck(err == nil, "pipe", "no pipe: %v", err) {
		wrote := make(chan error, 1)
		go func() {
			_, err := to.Write(text.Bytes())
			to.Close()
			wrote <- err
		}()
		got, err := io.ReadAll(from)
		failed := <-wrote
		probeCheck(failed == nil && err == nil && bytes.Equal(got, text.Bytes()), "bytes",
			"%d bytes were written to a pipe (%v), %d came out (%v)", text.Len(), failed, len(got), err)
	}
	if full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0); err == nil {
		_, err = full.WriteString("hello\n")
		probeCheck(err != nil, "lost-write", "a write to /dev/full was reported as done")
		probeCheck(err == nil || runtime.GOOS == "windows" || errors.Is(err, syscall.ENOSPC), "errno", "a write to /dev/full gave %v", err)
	}
	_, err = to.WriteString("hello\n")
	probeCheck(errors.Is(err, os.ErrClosed), "lost-write", "a write to a closed file gave %v", err)
	probeEnd()
}
