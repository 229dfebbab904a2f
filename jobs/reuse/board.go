// Package reuse answers a request for an export with the file that an equal
// request has led to before, if the source has not changed since.
//
// A [Board] is a store's, but for [Board.Submit]: it asks what the export would
// be made of now (export.Exporter.Key), looks for a ready job with that key,
// gives its file to the new job too (artifact.Store.Link), and submits the job
// as one that is ready. No worker is needed, and no content is read; but looking
// at all that is selected takes a while where that is much, so it has 250 ms,
// and few do it at a time. What takes longer, or cannot be told, becomes an
// ordinary job, and its worker finds out the same without haste.
//
// The new job is one of its own: with its own history, time, and file, which a
// deletion of the first leaves alone. The link comes first and the job after
// it, so that no job is without its file: a crash between the two leaves a file
// without a job, which the sweep removes.
package reuse

import (
	"context"
	"errors"
	"time"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/artifact"
	"example.org/carryout/jobs/store"
	"example.org/carryout/jobs/work"
)

const (
	within     = 250 * time.Millisecond // a request waits no longer for it
	atATime    = 2                      // requests that look at their source
	candidates = 4                      // ready jobs that may have lost their file
)

// A Board is where jobs are asked for. Make it with [New].
type Board struct {
	store.Board
	settings Settings
	looking  chan struct{} // holds one for everybody who looks, atATime at most
}

// Settings of a [Board]. Key, Artifacts and Now are required.
type Settings struct {
	Key       func(ctx context.Context, spec jobs.Spec) (string, error) // see export.Exporter.Key
	Artifacts artifact.Store
	Retain    time.Duration // how long a file is kept; 0: for good
	MaxSize   int64         // bytes that a file may have; 0: any
	Now       func() time.Time
}

// New returns a Board that stands before another.
func New(b store.Board, s Settings) *Board {
	return &Board{Board: b, settings: s, looking: make(chan struct{}, atATime)}
}

// Submit implements [store.Board].
func (b *Board) Submit(ctx context.Context, spec jobs.Spec, o store.SubmitOptions) (j jobs.Job, existed bool, err error) {
	made := b.made(ctx, spec)
	if made == nil {
		return b.Board.Submit(ctx, spec, o)
	}
	o.Made = made
	j, existed, err = b.Board.Submit(ctx, spec, o)
	if existed || errors.Is(err, jobs.ErrKeyReused) { // the idempotency key has another job
		b.settings.Artifacts.Remove(context.WithoutCancel(ctx), made.ID) // else the sweep has it
	}
	return j, existed, err // after any other error the job may be there or not: the sweep decides
}

// made finds a file for spec and gives it to a job that is yet to come. nil:
// there is none, or it could not be told in time.
func (b *Board) made(ctx context.Context, spec jobs.Spec) *store.Made {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	key := b.key(ctx, spec)
	if key == "" {
		return nil
	}
	ready, err := b.Made(ctx, key, candidates)
	if err != nil {
		return nil // the worker will meet it again
	}
	id := store.NewID(b.settings.Now())
	for _, j := range ready {
		if b.settings.MaxSize > 0 && j.File.Size > b.settings.MaxSize {
			continue
		}
		if b.settings.Artifacts.Link(ctx, j.ID, id) == nil {
			return &store.Made{ID: id, File: j.File, Expires: work.Expires(b.settings.Now(), b.settings.Retain), Progress: j.Progress}
		}
	}
	return nil
}

// key waits for its turn to look at the source.
func (b *Board) key(ctx context.Context, spec jobs.Spec) string {
	select {
	case b.looking <- struct{}{}:
		defer func() { <-b.looking }()
	case <-ctx.Done():
		return ""
	}
	key, err := b.settings.Key(ctx, spec)
	if err != nil {
		return "" // what is wrong the worker will say
	}
	return key
}
