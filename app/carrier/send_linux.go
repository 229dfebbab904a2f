package carrier

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// send gives the kernel what it takes of b at once: perhaps nothing, with
// EAGAIN.
//
// This is what a follower costs, once for each event, so it goes the shortest
// way. The scheduler is not told, because the call returns at once; if it were,
// it would wake its monitor and hand its thread over in the middle of a round.
// And the kernel finds the socket without asking what kind of file it is
// (sendto(2)).
func send(fd uintptr, b []byte) (int, error) {
	n, _, err := syscall.RawSyscall6(unix.SYS_SENDTO, fd, uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)),
		unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, 0, 0)
	if err != 0 {
		return 0, err
	}
	return int(n), nil
}
