package bench

import (
	"context"
	"strconv"
	"sync"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/sqlite"
	"example.org/carryout/jobs/store"
)

// carryout is our own queue.
type carryout struct {
	*sqlite.Store
	stop context.CancelFunc
	all  sync.WaitGroup
}

func openCarryout(ctx context.Context, path string, told Told) (Queue, error) {
	s, err := sqlite.Open(ctx, path, sqlite.Options{})
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(ctx)
	q := &carryout{Store: s, stop: stop}
	for range workers {
		q.all.Go(func() { q.work(ctx, told) })
	}
	return q, nil
}

// work claims the next job while the end of the one before is on its way to the
// disk, and begins with it when that is there. (River's workers do not wait for
// the end at all.)
func (q *carryout) work(ctx context.Context, told Told) {
	ends, ended := make(chan store.Lease), make(chan struct{}, 1) // one end at a time
	ended <- struct{}{}
	q.all.Go(func() {
		for l := range ends {
			q.end(context.WithoutCancel(ctx), l, told)
			ended <- struct{}{}
		}
	})
	defer close(ends)
	for {
		l, err := q.Claim(ctx, "worker")
		if err != nil {
			return // stopped
		}
		<-ended
		told.Started(of(l))
		ends <- l
	}
}

// end finishes a job.
func (q *carryout) end(ctx context.Context, l store.Lease, told Told) {
	ready := jobs.Event{Kind: jobs.KindReady, File: jobs.File{Name: "docs.zip", Size: 3, Type: "application/zip", SHA256: "abc"}}
	if err := q.Append(ctx, l, nil, ready); err == nil {
		told.Finished(of(l))
	}
}

// of returns the number of a job.
func of(l store.Lease) int64 {
	n, err := strconv.ParseInt(l.Job.Spec.Table, 10, 64)
	if err != nil {
		panic("bench: " + err.Error()) // we have written it
	}
	return n
}

// Submit implements [Queue].
func (q *carryout) Submit(ctx context.Context, n int64) error {
	_, _, err := q.Store.Submit(ctx, jobs.Spec{Source: "docs", Table: strconv.FormatInt(n, 10), Format: "csv"}, store.SubmitOptions{Owner: "me"})
	return err
}

// Close implements [Queue].
func (q *carryout) Close() error {
	q.stop()
	q.all.Wait()
	return q.Store.Close()
}
