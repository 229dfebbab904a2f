package feed

import (
	"context"

	"example.org/carryout/jobs/tail"
	"example.org/carryout/jobs/wire"
)

// replay is how many kept messages are read at a time.
const replay = 256

// Follow begins after entry n; a number that is not known yet, or 0, begins with
// what comes next. It hands on nothing but what want takes; nil: everything.
//
// Whoever returns is given, by tell, all that was published since entry n and is
// not in memory any more, and then follows what is. Of what was told but not
// published they get only what is still in memory. The caller closes the
// Follower; there is none with an error, which may be tell's.
func (f *Feed) Follow(ctx context.Context, n int64, want *tail.Want, waker tail.Waker, tell func(frames []byte) error) (*tail.Follower, error) {
	if n <= 0 || n > f.newest() {
		l := f.entries.FollowNew(want, waker)
		f.greet()
		return l, nil
	}
	l := f.entries.Follow(n, want, waker)
	f.greet()
	for {
		base, ok := l.Reaches(n)
		if ok {
			return l, nil
		}
		frames, last, err := f.kept(ctx, n, base, want)
		if err == nil && len(frames) > 0 {
			err = tell(frames)
		}
		if err != nil {
			l.Close()
			return nil, err
		}
		n = last
	}
}

// greet takes notice that somebody has begun to follow.
func (f *Feed) greet() {
	select {
	case f.came <- struct{}{}:
	default: // it is known already
	}
}

// kept returns what was published after entry n, up to entry base, and the
// number up to which that is everything.
func (f *Feed) kept(ctx context.Context, n, base int64, want *tail.Want) (frames []byte, last int64, err error) {
	messages, err := f.press.Messages(ctx, n, replay)
	if err != nil {
		return nil, n, err
	}
	for _, m := range messages {
		if m.Seq > base { // memory has it
			return frames, base, nil
		}
		if want == nil || want.Takes(tail.Label{Name: m.Name}) {
			frames = wire.AppendFrame(frames, ID(m.Seq), m.Name, m.Data)
		}
		n = m.Seq
	}
	if len(messages) < replay {
		// Messages are durable before they are told, so none that is older than
		// what is in memory can still be to come.
		n = base
	}
	return frames, n, nil
}
