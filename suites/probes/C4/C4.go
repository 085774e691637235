// SPDX-License-Identifier: Apache-2.0

// C4: a store through nil and to a wild address becomes a run-time panic that can be recovered, with the fault's address.
package main

import (
	"runtime"
	"runtime/debug"
	"strings"
	"unsafe"
)

var null, wild uintptr = 0, 16 << 10 // wild: below what systems let be mapped, above the first page

//go:noinline
func store(address *uintptr) {
	**(**byte)(unsafe.Pointer(address)) = 1
}

func try(name string, address *uintptr) {
	defer func() {
		err, panicked := recover().(runtime.Error)
		if !probeCheck(panicked, "no-fault", "a %s store raised no run-time error", name) {
			return
		}
		text := err.Error()
		probeCheck(!strings.Contains(text, "overflow"), "misclassified", "a %s store is reported as %q", name, text)
		probeCheck(strings.Contains(text, "invalid memory address"), "fault-address", "a %s store is reported as %q", name, text)
		if at, known := err.(interface{ Addr() uintptr }); known && *address != 0 {
			probeCheck(at.Addr() == *address, "fault-address", "a store to %#x was reported at %#x", *address, at.Addr())
		}
	}()
	store(address)
}

func main() {
	debug.SetPanicOnFault(true)
	try("nil", &null)
	try("wild", &wild)
	probeEnd()
}
