//go:build !linux

package carrier

import (
	"errors"
	"syscall"
)

// sendAll gives the kernel what it takes of each at once: perhaps nothing, with
// EAGAIN.
func sendAll(all []sending, text []byte) {
	for i := range all {
		s := &all[i]
		n, err := syscall.Write(int(s.fd), text[s.from:s.to])
		for err == syscall.EINTR {
			n, err = syscall.Write(int(s.fd), text[s.from:s.to])
		}
		s.taken = int32(n)
		if errno := syscall.Errno(0); errors.As(err, &errno) {
			s.taken = -int32(errno)
		}
	}
}
