package sqlite

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/store"
	"example.org/carryout/jobs/wire"
)

// retryClaim is how long a claim waits until it tries again, when the disk is
// full or the database locked.
const retryClaim = time.Second

// Claim implements [store.Queue]. While nothing can be written no job can be
// started, so it goes on waiting.
func (s *Store) Claim(ctx context.Context, worker string) (store.Lease, error) {
	for {
		l, err := s.writer.claim(ctx, worker)
		err = failed("claiming a job", err)
		if !errors.Is(err, store.ErrFull) && !errors.Is(err, store.ErrBusy) {
			return l, err
		}
		select {
		case <-time.After(retryClaim):
		case <-ctx.Done():
			return store.Lease{}, ctx.Err()
		}
	}
}

// Append implements [store.Queue].
func (s *Store) Append(ctx context.Context, l store.Lease, at []byte, events ...jobs.Event) error {
	if at == nil && len(events) == 0 {
		return cmp.Or(ctx.Err(), s.writer.leases.renew(l.Job.ID, l.Fence))
	}
	var facts facts
	put := s.write
	told, pure := s.telling(events)
	if !pure { // it lasts
		put, facts = s.insist, s.encode(l, events)
	}
	id, fence := l.Job.ID, l.Fence
	return put(ctx, "adding to the history of a job", func(t *tx) error {
		r, err := t.held(id, fence)
		if err != nil {
			return err
		}
		r.kept = r.kept || at != nil
		if pure {
			if err := t.tell(r, told, new(change), make([]jobs.Event, len(told))); err != nil {
				return err
			}
			t.save(r, at)
			return nil
		}
		for i := range facts.events {
			if e := &facts.events[i]; e.Kind == jobs.KindRequeued {
				if e.Place, err = t.place(r); err != nil {
					return err
				}
				facts.data[i] = nil
			}
		}
		c, err := t.record(r, facts)
		if err != nil {
			return err
		}
		t.save(c.row, at)
		return nil
	})
}

// save keeps the cursor of a job that is held, unless it is nil, and renews its
// lease.
func (t *tx) save(r *row, at []byte) {
	if at != nil && r.kept {
		t.keep(r, &cursor{at, r.job.Progress})
	}
	t.batch.w.leases.renew(r.job.ID, r.fence) // one that is lost by now is lost to whoever has it next
}

// encode encodes events that do not depend on what the writer will find, so
// that this costs the caller's time and not the writer's.
func (s *Store) encode(l store.Lease, events []jobs.Event) facts {
	f := these(slices.Clone(events)...)
	for i := range f.events {
		e := &f.events[i]
		if e.At.IsZero() {
			e.At = s.options.Now()
		}
		e.Job, e.At, e.Expires = l.Job.ID, trim(e.At), trim(e.Expires)
		if e.Kind != jobs.KindRequeued {
			f.data[i] = wire.AppendKept(make([]byte, 0, often), *e)
		}
	}
	return f
}

// often is how many bytes the data of an event seldom has more of.
const often = 256

// held returns a copy of a job that is held with that fence, or jobs.ErrLost.
func (t *tx) held(id jobs.ID, fence int64) (*row, error) {
	r, ok := t.batch.w.active.rows[id]
	if !ok || r.job.State != jobs.Running || r.fence != fence {
		return nil, jobs.ErrLost
	}
	mine := *r
	return &mine, nil
}

// Renew implements [store.Queue]. It does not wait for the disk.
func (s *Store) Renew(ctx context.Context, held []store.Lease) ([]error, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	each := make([]error, len(held))
	for i, l := range held {
		each[i] = s.writer.leases.renew(l.Job.ID, l.Fence)
	}
	return each, nil
}

// Recover implements [store.Queue].
func (s *Store) Recover(ctx context.Context, reason string) (n int, err error) {
	err = s.insist(ctx, "putting interrupted jobs back", func(t *tx) error {
		running := t.batch.w.active.running()
		for i, r := range running { // in the order of their turns
			place, err := t.place(r)
			if err != nil {
				return err
			}
			e := jobs.Event{Kind: jobs.KindRequeued, Reason: reason, Place: place + i}
			if t.exhausted(r) {
				e = gaveUp(r)
			}
			mine := *r
			if _, err := t.record(&mine, these(e)); err != nil {
				return err
			}
		}
		n = len(running)
		return nil
	})
	if err != nil {
		return 0, err
	}
	return n, nil
}
