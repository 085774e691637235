// SPDX-License-Identifier: Apache-2.0

// G8: crypto/rand fills whole buffers and nothing beyond them, through the runtime's own getrandom.
package main

import (
	"crypto/rand"
	"reflect"
	"runtime"
	"syscall"
	"unsafe"
)

func shortBuffers(name string, get func([]byte) (int, error)) {
	for _, length := range []int{0, 1, 7, 16, 33, 256, 1000} {
		buffer := make([]byte, length+1)
		buffer[length] = 0xa5
		got, err := get(buffer[:length:length])
		if !probeCheck(got == length && err == nil, "failed", "%s of %d bytes returned %d, %v", name, length, got, err) {
			return
		}
		probeCheck(buffer[length] == 0xa5, "overrun", "%s of %d bytes wrote behind its buffer", name, length)
		distinct := map[byte]bool{}
		for _, b := range buffer[:length] {
			distinct[b] = true
		}
		enough := length / 4
		if enough > 64 {
			enough = 64
		}
		probeCheck(length < 33 || len(distinct) > enough, "not-random", "%s of %d bytes gave %d different values", name, length, len(distinct))
	}
}

var numbers = map[string]uintptr{"amd64": 318, "386": 355, "arm": 384, "arm64": 278, "riscv64": 278, "loong64": 278,
	"ppc64": 359, "ppc64le": 359, "s390x": 349}

var scratch [1001]byte // not on a stack, which may move

// fromKernel calls syscall.Syscall by reflection, because its signature differs on Windows, where this is not called.
func fromKernel(number, length, flags uintptr) (int, syscall.Errno) {
	at := uintptr(unsafe.Pointer(&scratch[0]))
	args := []reflect.Value{reflect.ValueOf(number), reflect.ValueOf(at), reflect.ValueOf(length), reflect.ValueOf(flags)}
	results := reflect.ValueOf(syscall.Syscall).Call(args)
	return int(results[0].Uint()), results[2].Interface().(syscall.Errno)
}

func main() {
	shortBuffers("crypto/rand", rand.Read)
	if number, known := numbers[runtime.GOARCH]; known && runtime.GOOS == "linux" {
		shortBuffers("the system call getrandom", func(into []byte) (int, error) {
			n, errno := fromKernel(number, uintptr(len(into)), 0)
			copy(into, scratch[:])
			if errno != 0 {
				return n, errno
			}
			return n, nil
		})
		_, errno := fromKernel(number, 16, 0xffffffff)
		probeCheck(errno == syscall.EINVAL, "flags-errno", "getrandom with unknown flags gave %v, expected EINVAL", errno)
	}
	probeEnd()
}
