package web

import (
	"context"
	"errors"
	"time"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/store"
)

const (
	soonest = time.Second      // to come back after, when a place is about to be free
	latest  = 10 * time.Minute // or when it will be long
	rarely  = time.Hour        // or when only the end of a file's time makes room
)

// busy adds to an error that passes by itself when it is worth to ask again. Any
// other it returns as it is.
func (s *Site) busy(ctx context.Context, err error) error {
	var limit *store.LimitError
	var wait time.Duration
	switch {
	case errors.As(err, &limit):
		wait = s.untilOneEnds(ctx)
	case errors.Is(err, store.ErrFull), errors.Is(err, errSpace):
		wait = s.untilOneExpires(ctx)
	default:
		return err
	}
	p := problem(err)
	if wait > 0 {
		p.RetryAfter = wait
	}
	return &later{answer: p, err: err}
}

// A later is an error with the answer to it.
type later struct {
	answer refusal
	err    error
}

func (l *later) Error() string { return l.err.Error() }

// Unwrap lets problem find the answer first.
func (l *later) Unwrap() []error { return []error{&l.answer, l.err} }

// untilOneEnds is how long it takes until a job that runs now has ended, so that
// one that waits can start; 0: that is not known.
func (s *Site) untilOneEnds(ctx context.Context) (wait time.Duration) {
	running, _, err := s.Board.List(ctx, store.Filter{State: jobs.Running})
	if err != nil {
		return 0
	}
	for _, j := range running {
		if left := j.Progress.Left; left.Known && (wait == 0 || left.Value.High < wait) {
			wait = max(left.Value.High, soonest)
		}
	}
	return min(wait, latest)
}

// untilOneExpires is how long it takes until a file goes, which makes room; 0:
// that is not known.
func (s *Site) untilOneExpires(ctx context.Context) time.Duration {
	in, any, err := s.Shelf.NextDue(ctx)
	if err != nil || !any {
		return 0
	}
	return min(max(in, soonest), rarely)
}
