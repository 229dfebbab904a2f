package carrier

import (
	"errors"
	"net"
	"net/http"
	"syscall"
	"time"

	"example.org/carryout/jobs/tail"
)

// A Line is a connection on which one follower is told what is new. Its handler
// has it to itself, until it calls Follow, End or Close.
type Line struct {
	crew    *Crew
	hand    *hand
	conn    socket
	fd      uintptr // of conn, until that is closed
	chunked bool
	leave   func() // called when the line has ended

	// The rest is the hand's.
	f      *tail.Follower
	at     int           // one more than its index among the hand's lines; 0: it is not there
	spoke  time.Duration // when something was written last, on the hand's clock
	over   bool          // the end was said
	loaded bool          // a parcel for it is in the hand's load
	stuck  bool          // a goroutine writes to it
	failed bool          // could not: set before it comes back
}

// A socket is what a server accepts.
type socket interface {
	net.Conn
	syscall.Conn
	SetWriteBuffer(bytes int) error
}

// Takes reports whether the connection of a request can be taken over: plain
// HTTP/1 can. An answer to HEAD has nothing to follow.
func Takes(r *http.Request) bool {
	return r.ProtoMajor == 1 && r.TLS == nil && r.Method != http.MethodHead
}

// Open takes over the connection of a request that Takes has approved, and
// sends the head of the answer with the header of w. From then on leave is
// called when the line has ended, in whatever way. An error that is
// [http.ErrNotSupported] says that nothing has been done; after any other the
// connection is gone.
func (c *Crew) Open(w http.ResponseWriter, r *http.Request, status int, leave func()) (*Line, error) {
	l := &Line{crew: c, leave: leave, chunked: r.ProtoAtLeast(1, 1)}
	if !c.admit(l) {
		return nil, http.ErrNotSupported // the crew has stopped
	}
	conn, _, err := http.NewResponseController(w).Hijack()
	if errors.Is(err, http.ErrNotSupported) {
		c.release(l)
		return nil, err
	}
	if err == nil {
		// What the client has sent ahead is dropped: with the stream ends the connection.
		err = l.take(conn)
	}
	if err == nil {
		err = l.write(head(status, w.Header(), l.chunked))
	}
	if err != nil {
		l.Close()
		return nil, err
	}
	return l, nil
}

// take makes conn the line's own.
func (l *Line) take(conn net.Conn) error {
	s, ok := conn.(socket)
	if !ok {
		conn.Close()
		return errors.New("the connection is no socket")
	}
	l.crew.connect(l, s)
	raw, err := s.SyscallConn()
	if err != nil {
		return err
	}
	_ = s.SetWriteBuffer(sendBuffer) // where it cannot be set, the kernel's own bound holds
	giveUpAfter(raw, l.crew.Patience)
	return raw.Control(func(fd uintptr) { l.fd = fd })
}

// Tell sends some frames and waits until they are taken, for the crew's Patience at most.
func (l *Line) Tell(frames []byte) error {
	return l.write(appendPiece(nil, frames, l.chunked))
}

// Wake implements [tail.Waker]: there is news for the line's follower.
func (l *Line) Wake() { l.hand.wake(l) }

// Follow gives the line away: from now on it is told what f finds, until there
// is no more to come. The crew closes f.
func (l *Line) Follow(f *tail.Follower) {
	l.f = f
	l.unhurry()
	if l.hand.join(l) {
		l.crew.release(l)
		return
	}
	_ = l.Tell(Goodbye()) // the crew has stopped
	l.End()
}

// unhurry takes back every deadline for writing: the hand, which never waits,
// needs none.
func (l *Line) unhurry() {
	_ = l.conn.SetWriteDeadline(time.Time{}) // of a closed connection: then the write fails
}

// End ends the stream properly.
func (l *Line) End() {
	_ = l.write(appendEnd(nil, l.chunked)) // whoever has gone cannot be told
	l.Close()
}

// Close ends the line at once.
func (l *Line) Close() {
	if l.f != nil {
		l.f.Close()
	}
	if l.conn != nil {
		_ = l.conn.Close() // what was to be sent was written, or cannot be
	}
	l.leave()
	l.crew.release(l)
}

// write writes all of b, and waits for it.
func (l *Line) write(b []byte) error {
	l.crew.allow(l)
	_, err := l.conn.Write(b)
	return err
}
