package bench

import (
	"context"
	"log/slog"
	"strconv"

	"golang.org/x/sync/errgroup"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/sqlite"
	"example.org/carryout/jobs/store"
	"example.org/carryout/jobs/work"
)

// carryout is our own queue, with the pool of workers of the server.
type carryout struct {
	*sqlite.Store
	stop context.CancelFunc
	pool errgroup.Group
}

func openCarryout(ctx context.Context, path string, told Told) (Queue, error) {
	s, err := sqlite.Open(ctx, path, sqlite.Options{Notify: func(changes []store.Change) {
		for _, c := range changes {
			if c.Job.State == jobs.Ready {
				told.Finished(of(*c.Job))
			}
		}
	}})
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(ctx)
	q := &carryout{Store: s, stop: stop}
	pool := &work.Pool{Queue: s, Size: workers, Name: "worker", Log: slog.New(slog.DiscardHandler),
		Run: func(_ context.Context, t work.Task) (jobs.File, error) {
			told.Started(of(t.Job))
			return jobs.File{Name: "docs.zip", Size: 3, Type: "application/zip", SHA256: "abc"}, nil
		}}
	q.pool.Go(func() error { return pool.Serve(ctx) })
	return q, nil
}

// of returns the number of a job.
func of(j jobs.Job) int64 {
	n, err := strconv.ParseInt(j.Spec.Table, 10, 64)
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
	if err := q.pool.Wait(); err != nil {
		return err
	}
	return q.Store.Close()
}
