package sqlite

import (
	"bytes"
	"context"
	"errors"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/store"
	"example.org/carryout/jobs/wire"
)

// Submit implements [store.Board].
func (s *Store) Submit(ctx context.Context, spec jobs.Spec, o store.SubmitOptions) (j jobs.Job, existed bool, err error) {
	id := store.NewID(s.options.Now())
	if o.Made != nil {
		id = o.Made.ID
	}
	var made *jobs.Job
	err = s.write(ctx, "adding a job", func(t *tx) error {
		if o.Key != "" {
			r, err := t.findByKey(o.Owner, o.Key)
			if !errors.Is(err, jobs.ErrNotFound) {
				existed = true
				made, err = t.again(r, spec, err)
				return err
			}
		}
		if o.Made == nil { // else it is ready at once
			if err := t.mayQueue(o.Owner); err != nil {
				return err
			}
		}
		c, err := t.record(&row{key: o.Key, turn: t.nextTurn()}, these(submitted(id, spec, o, t.lastPlace())...))
		if err == nil {
			made, existed = c.Job, false
		}
		return err
	})
	if err != nil {
		return jobs.Job{}, false, err
	}
	return *made, existed, nil
}

// submitted is the history with which a job begins.
func submitted(id jobs.ID, spec jobs.Spec, o store.SubmitOptions, place int) []jobs.Event {
	queued := jobs.Event{Job: id, Kind: jobs.KindQueued, Owner: o.Owner, Spec: spec, Place: place}
	if o.Made == nil {
		return []jobs.Event{queued}
	}
	return []jobs.Event{queued,
		{Kind: jobs.KindStarted, Attempt: 1},
		{Kind: jobs.KindReady, File: o.Made.File, Expires: o.Made.Expires, Progress: o.Made.Progress}}
}

// again answers a request whose key has been used for the job r.
func (t *tx) again(r *row, spec jobs.Spec, err error) (*jobs.Job, error) {
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(wire.AppendSpec(nil, r.job.Spec), wire.AppendSpec(nil, spec)) {
		return nil, jobs.ErrKeyReused
	}
	j := r.job
	if j.State == jobs.Queued {
		j.Place, err = t.place(r)
	}
	return &j, err
}

// Cancel implements [store.Board].
func (s *Store) Cancel(ctx context.Context, id jobs.ID, reason string) (jobs.Job, error) {
	return s.change(ctx, s.insist, "canceling a job", id, func(*tx, *row) (jobs.Event, error) {
		return jobs.Event{Kind: jobs.KindCanceled, Reason: reason}, nil
	})
}

// Retry implements [store.Board].
func (s *Store) Retry(ctx context.Context, id jobs.ID) (jobs.Job, error) {
	return s.change(ctx, s.write, "retrying a job", id, func(t *tx, r *row) (jobs.Event, error) {
		if jobs.KindQueued.Follows(r.job.State) { // else record says what is wrong
			if err := t.mayQueue(r.job.Owner); err != nil {
				return jobs.Event{}, err
			}
		}
		r.turn = t.nextTurn()
		return jobs.Event{Kind: jobs.KindQueued, Owner: r.job.Owner, Spec: r.job.Spec, Place: t.lastPlace()}, nil
	})
}

// A write is Store.write or Store.insist.
type write func(ctx context.Context, doing string, f func(*tx) error) error

// change adds the event that f makes to the job of that id, and returns the
// job after it. The row that f is given is its own.
func (s *Store) change(ctx context.Context, w write, doing string, id jobs.ID, f func(*tx, *row) (jobs.Event, error)) (jobs.Job, error) {
	var j jobs.Job
	err := w(ctx, doing, func(t *tx) error {
		found, err := t.find(id)
		if err != nil {
			return err
		}
		r := *found
		e, err := f(t, &r)
		if err != nil {
			return err
		}
		c, err := t.record(&r, these(e))
		if err == nil {
			j = *c.Job
		}
		return err
	})
	if err != nil {
		return jobs.Job{}, err
	}
	return j, nil
}

// Delete implements [store.Board].
func (s *Store) Delete(ctx context.Context, id jobs.ID) error {
	return s.insist(ctx, "deleting a job", func(t *tx) error {
		r, err := t.find(id)
		if err != nil {
			return err
		}
		return t.delete(r)
	})
}
