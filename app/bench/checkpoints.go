package bench

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/artifact/dir"
	"example.org/carryout/jobs/export"
	"example.org/carryout/jobs/format"
	"example.org/carryout/jobs/source/folder"
	"example.org/carryout/jobs/sqlite"
	"example.org/carryout/jobs/store"
	"example.org/carryout/jobs/work"
)

// A Cost is what an export has taken.
type Cost struct {
	Wall, CPU   time.Duration
	Checkpoints int64
	SHA256      string // of the file
}

// Export exports a folder as the server does, with its store, its pool and its
// checkpoints, or without those.
func Export(ctx context.Context, root, format string, checkpoints bool) (c Cost, err error) {
	data, err := os.MkdirTemp("", "bench-*")
	if err != nil {
		return c, err
	}
	defer os.RemoveAll(data) // what is left is in a temporary folder
	e, err := exporter(root, filepath.Join(data, "artifacts"), checkpoints)
	if err != nil {
		return c, err
	}
	ended := make(chan jobs.Job, 1)
	s, err := sqlite.Open(ctx, filepath.Join(data, "jobs.db"), sqlite.Options{Notify: func(changes []store.Change) {
		for _, c := range changes {
			if c.Job.State.Done() {
				ended <- *c.Job
			}
		}
	}})
	if err != nil {
		return c, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()

	q := &counted{Queue: s}
	pool := &work.Pool{Queue: q, Run: e.Run, Size: 1, Log: slog.New(slog.DiscardHandler)}
	ctx, stop := context.WithCancel(ctx)
	var group errgroup.Group
	group.Go(func() error { return pool.Serve(ctx) })
	defer func() { stop(); err = errors.Join(err, group.Wait()) }()

	began, before := time.Now(), processor()
	if _, _, err := s.Submit(ctx, jobs.Spec{Source: "folder", Format: format}, store.SubmitOptions{}); err != nil {
		return c, err
	}
	select {
	case j := <-ended:
		if j.State != jobs.Ready {
			return c, fmt.Errorf("the export is %s: %s", j.State, j.Failure.Message)
		}
		return Cost{time.Since(began), processor() - before, q.cursors.Load(), j.File.SHA256}, nil
	case <-ctx.Done():
		return c, ctx.Err()
	}
}

func exporter(root, artifacts string, checkpoints bool) (*export.Exporter, error) {
	place, err := dir.New(artifacts)
	if err != nil {
		return nil, err
	}
	source, err := folder.Open(root)
	if err != nil {
		return nil, err
	}
	e := &export.Exporter{
		Sources: []export.Named{{Name: "folder", Source: source}}, Formats: format.All(), Artifacts: place, Workers: runtime.GOMAXPROCS(0),
	}
	if !checkpoints {
		e.SaveBytes, e.SaveEvery = math.MaxInt64, math.MaxInt64
	}
	return e, nil
}

// counted counts the cursors that are kept.
type counted struct {
	store.Queue
	cursors atomic.Int64
}

// Append implements [store.Queue].
func (q *counted) Append(ctx context.Context, l store.Lease, cursor []byte, events ...jobs.Event) error {
	if cursor != nil {
		q.cursors.Add(1)
	}
	return q.Queue.Append(ctx, l, cursor, events...)
}
