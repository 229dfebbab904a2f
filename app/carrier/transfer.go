package carrier

import "syscall"

// A transfer reads and writes sockets without waiting. Its functions are made
// once, so that nothing is allocated.
type transfer struct {
	out     []byte
	in      [4096]byte
	n       int
	err     error
	writing func(fd uintptr) bool
	reading func(fd uintptr) bool
}

func (t *transfer) init() {
	t.writing = func(fd uintptr) bool {
		for t.n, t.err = send(fd, t.out); t.err == syscall.EINTR; {
			t.n, t.err = send(fd, t.out)
		}
		return true // whatever came of it: else it waited
	}
	t.reading = func(fd uintptr) bool {
		for t.n, t.err = syscall.Read(int(fd), t.in[:]); t.err == syscall.EINTR; {
			t.n, t.err = syscall.Read(int(fd), t.in[:])
		}
		return true
	}
}

// write writes what the socket takes of b: perhaps nothing, with EAGAIN.
func (t *transfer) write(raw syscall.RawConn, b []byte) (int, error) {
	t.out = b
	if err := raw.Write(t.writing); err != nil {
		return 0, err
	}
	t.out = nil
	return t.n, t.err
}

// read reads what there is and forgets it: EAGAIN if there is nothing, 0 and
// nil if the peer has closed its end.
func (t *transfer) read(raw syscall.RawConn) (int, error) {
	if err := raw.Read(t.reading); err != nil {
		return 0, err
	}
	return max(t.n, 0), t.err
}

// drain forgets what the peer has sent, because the kernel answers the end of a
// connection with something unread by cutting off what was written, too. For a
// peer that goes on sending it does.
func (t *transfer) drain(raw syscall.RawConn) {
	for range 32 {
		if n, _ := t.read(raw); n == 0 {
			return
		}
	}
}
