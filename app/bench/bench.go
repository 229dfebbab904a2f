// Package bench measures the queue of package jobs/sqlite beside others that
// keep their jobs in SQLite, on the same machine, disk and minute.
//
// Each is asked the same: to take jobs that do nothing from the request to
// their durable end, with eight workers. Everywhere the database is in WAL mode
// with synchronous=FULL, so that an answer means that the disk has it. The
// module stands apart, so that what it compares with is no part of the server.
//
// Ratios between runs that alternate mean something; single numbers depend on
// the machine and on what else it does.
package bench

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"time"
)

// workers is how many jobs run at the same time, and outstanding how many are
// asked for and not finished at most.
const (
	workers     = 8
	outstanding = 64
)

// A Queue takes jobs, which are numbers.
type Queue interface {
	// Submit returns when the job is on the disk.
	Submit(ctx context.Context, n int64) error

	// Close stops the workers and waits for them.
	Close() error
}

// Told is what a queue tells of its jobs.
type Told struct {
	Started  func(n int64) // its worker has it
	Finished func(n int64) // its end is on the disk
}

// A Contender is a way to open a queue with its workers, on a new database.
type Contender struct {
	Name string
	Open func(ctx context.Context, path string, told Told) (Queue, error)
}

// All lists the contenders, ours first.
var All = []Contender{
	{"carryout", openCarryout},
	{"River, tuned", openRiver(time.Millisecond, time.Millisecond)},
	{"River, default", openRiver(0, 0)},
	{"goqite, tuned", openGoqite(time.Millisecond)},
	{"goqite, default", openGoqite(100 * time.Millisecond)},
}

// Throughput returns how many jobs a second are finished.
func (c Contender) Throughput(ctx context.Context, last time.Duration) (float64, error) {
	room := make(chan struct{}, outstanding) // one value for each job that is not finished
	finished := 0
	var mu sync.Mutex
	told := Told{Started: func(int64) {}, Finished: func(int64) {
		mu.Lock()
		finished++
		mu.Unlock()
		<-room
	}}
	var rate float64
	err := c.with(ctx, told, func(q Queue) error {
		ctx, cancel := context.WithTimeout(ctx, last)
		defer cancel()
		began := time.Now()
		err := together(outstanding/2, func(who int64) error {
			for n := who; ; n += outstanding / 2 {
				select {
				case room <- struct{}{}:
				case <-ctx.Done():
					return nil
				}
				if err := q.Submit(ctx, n); err != nil {
					<-room
					if ctx.Err() != nil {
						return nil
					}
					return err
				}
			}
		})
		mu.Lock()
		defer mu.Unlock()
		rate = float64(finished) / time.Since(began).Seconds()
		return err
	})
	return rate, err
}

// Latencies submits jobs to idle workers, one after the other, for so long or
// until there were n, and returns the times until they start, in order.
func (c Contender) Latencies(ctx context.Context, n int64, last time.Duration) ([]time.Duration, error) {
	started, finished := make(chan time.Time, 1), make(chan struct{}, 1)
	told := Told{
		Started:  func(int64) { started <- time.Now() },
		Finished: func(int64) { finished <- struct{}{} },
	}
	var all []time.Duration
	err := c.with(ctx, told, func(q Queue) error {
		end := time.Now().Add(last)
		for i := int64(0); i < n && time.Now().Before(end); i++ {
			// Not in step with anybody's clock.
			if err := wait(ctx, time.Duration(1+i*7%10)*time.Millisecond); err != nil {
				return err
			}
			began := time.Now()
			if err := q.Submit(ctx, i); err != nil {
				return err
			}
			all = append(all, (<-started).Sub(began))
			<-finished
		}
		return nil
	})
	slices.Sort(all)
	return all, err
}

// Idle returns how much of a core the queue takes when there is nothing to do.
func (c Contender) Idle(ctx context.Context, last time.Duration) (float64, error) {
	var share float64
	err := c.with(ctx, Told{func(int64) {}, func(int64) {}}, func(Queue) error {
		before := processor()
		if err := wait(ctx, last); err != nil {
			return err
		}
		share = float64(processor()-before) / float64(last)
		return nil
	})
	return share, err
}

// with opens the queue in a folder of its own.
func (c Contender) with(ctx context.Context, told Told, f func(Queue) error) (err error) {
	folder, err := os.MkdirTemp("", "bench-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder) // what is left is in a temporary folder
	q, err := c.Open(ctx, filepath.Join(folder, "jobs.db"), told)
	if err != nil {
		return fmt.Errorf("%s: %w", c.Name, err)
	}
	err = f(q)
	if closed := q.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return fmt.Errorf("%s: %w", c.Name, err)
	}
	return nil
}

// together runs f n times at once and returns the first error.
func together(n int64, f func(who int64) error) error {
	errs := make([]error, n)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { errs[i] = f(i) })
	}
	all.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// wait waits for some time.
func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// processor returns the time that the processor has worked for us.
func processor() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic("bench: " + err.Error()) // it has no reason to fail
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
