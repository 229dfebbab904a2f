package client

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"
)

const (
	leastWait = 100 * time.Millisecond
	mostWait  = 30 * time.Second // unless the server asks for more
	mostAsked = 10 * time.Minute // that the server may ask for
)

// backoff says how long to wait before the next attempt: base at first, twice
// as long each time, and by chance up to a half less, so that those who lost
// the same server do not all come back at once.
type backoff struct {
	base   time.Duration
	failed int // attempts in a row
}

func (b *backoff) next(err error) time.Duration {
	base := min(max(b.base, leastWait), mostAsked)
	d := min(base<<min(b.failed, 10), max(base, mostWait))
	b.failed++
	d -= rand.N(d / 2)
	var p *Problem
	if errors.As(err, &p) {
		d = max(d, min(p.RetryAfter, mostAsked))
	}
	return d
}

// pause waits before another attempt, and tells why.
func (c *Client) pause(ctx context.Context, d time.Duration, why error) error {
	if c.Retrying != nil {
		c.Retrying(why, d)
	}
	if c.Wait != nil {
		return c.Wait(ctx, d)
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
