package carrier

import (
	"errors"
	"os"
	"syscall"
	"time"
)

// help has a goroutine write what a line did not take at once. It ends within
// Patience; who cuts it before that sets the deadline of the connection.
func (h *hand) help(l *Line, rest []byte) {
	l.stuck = true
	_ = l.conn.SetWriteDeadline(time.Now().Add(h.crew.Patience)) // of a closed connection: then the write fails
	h.helpers.Go(func() {
		_, err := l.conn.Write(rest)
		l.failed = err != nil
		if errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, syscall.ETIMEDOUT) {
			h.crew.NoteCut()
		}
		h.mu.Lock()
		defer h.mu.Unlock()
		h.back = append(h.back, l)
		h.ring()
	})
}

// unstick goes on with a line whose goroutine has ended.
func (h *hand) unstick(l *Line, now time.Duration) {
	l.stuck = false
	if l.failed {
		h.drop(l)
		return
	}
	l.unhurry()
	l.spoke = now
	h.see(l, now)
}
