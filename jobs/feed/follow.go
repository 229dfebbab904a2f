package feed

import (
	"context"

	"example.org/carryout/jobs/wire"
)

// replay is how many kept messages are read at a time.
const replay = 256

// A Follower reads the feed from a place on. One goroutine uses it.
type Follower struct {
	feed  *Feed
	owner string // whose jobs it is told of; empty: everybody's
	at    int64
}

// Follow begins after entry n; a number that is not known yet, or 0, begins
// with what comes next. The caller closes the Follower.
func (f *Feed) Follow(n int64) *Follower { return f.FollowAs("", n) }

// FollowAs is Follow for somebody who is told of the jobs of that owner only.
func (f *Feed) FollowAs(owner string, n int64) *Follower {
	return &Follower{feed: f, owner: owner, at: f.ring.join(n)}
}

// Next returns the frames that have come since the last call, and a bell that
// is closed at the next news. Without frames there is nothing new yet.
//
// Whoever returns, or has fallen behind what is in memory, is given all that
// was published meanwhile, and of the rest only what is still in memory.
func (l *Follower) Next(ctx context.Context) (frames []byte, bell <-chan struct{}, err error) {
	for {
		frames, last, from, bell := l.feed.ring.after(l.at, l.owner)
		if l.at >= from {
			l.at = last
			return frames, bell, nil
		}
		messages, err := l.feed.press.Messages(ctx, l.at, replay)
		if err != nil {
			return nil, nil, err
		}
		for _, m := range messages {
			if m.Seq > from { // the ring has it
				break
			}
			frames = wire.AppendFrame(frames, ID(m.Seq), m.Name, m.Data)
			l.at = m.Seq
		}
		// Messages are durable before they are in the ring, so none that is
		// older than the ring can still be to come.
		if len(messages) < replay || messages[len(messages)-1].Seq > from {
			l.at = from
		}
		if len(frames) > 0 {
			return frames, bell, nil
		}
	}
}

// Close ends the following.
func (l *Follower) Close() { l.feed.ring.leave() }
