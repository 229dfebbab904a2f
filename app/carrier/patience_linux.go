package carrier

import (
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// giveUpAfter has the kernel give a connection up when what was sent is not
// acknowledged for so long, as it is when a train enters a tunnel
// (https://www.rfc-editor.org/rfc/rfc5482).
func giveUpAfter(raw syscall.RawConn, d time.Duration) {
	_ = raw.Control(func(fd uintptr) {
		_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(d.Milliseconds())) // or it takes longer
	})
}
