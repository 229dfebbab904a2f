//go:build !linux

package carrier

import "syscall"

// send gives the kernel what it takes of b at once: perhaps nothing, with
// EAGAIN.
func send(fd uintptr, b []byte) (int, error) {
	n, err := syscall.Write(int(fd), b)
	return max(n, 0), err
}
