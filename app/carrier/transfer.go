package carrier

import "syscall"

// A transfer reads and writes sockets without waiting.
//
// It uses their numbers, which net hands out for the length of a function only
// ([syscall.RawConn]), because to ask for them each time is a good part of what
// the hand itself does for an event. A line's number is its own until its
// connection is closed, and nobody but its hand closes that.
type transfer struct {
	in  [4096]byte
	out [1]sending
}

// write writes what the socket takes of b: perhaps nothing, with EAGAIN.
func (t *transfer) write(fd uintptr, b []byte) (n int, err error) {
	t.out[0] = sending{fd: int32(fd), to: int32(len(b))}
	sendAll(t.out[:], b)
	return t.out[0].outcome()
}

// read reads what there is and forgets it: EAGAIN if there is nothing, 0 and
// nil if the peer has closed its end.
func (t *transfer) read(fd uintptr) (n int, err error) {
	for n, err = syscall.Read(int(fd), t.in[:]); err == syscall.EINTR; {
		n, err = syscall.Read(int(fd), t.in[:])
	}
	return max(n, 0), err
}

// drain forgets what the peer has sent, because the kernel answers the end of a
// connection with something unread by cutting off what was written, too. For a
// peer that goes on sending it does.
func (t *transfer) drain(fd uintptr) {
	for range 32 {
		if n, _ := t.read(fd); n == 0 {
			return
		}
	}
}
