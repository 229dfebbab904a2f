package export_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"syscall"
	"testing"
	"time"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/artifact/dir"
	"example.org/carryout/jobs/export"
	"example.org/carryout/jobs/format"
	"example.org/carryout/jobs/source"
)

// attentive is a context that measures for how long at most, in processor time,
// nobody has asked whether it is done.
type attentive struct {
	context.Context

	mu    sync.Mutex
	last  time.Duration
	worst time.Duration
	over  bool // what comes is not measured
}

// Err implements [context.Context].
func (a *attentive) Err() error {
	a.look(false)
	return a.Context.Err()
}

// look takes note of a look, which may be the last.
func (a *attentive) look(last bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := processorTime()
	if a.last > 0 && !a.over {
		a.worst = max(a.worst, now-a.last)
	}
	a.last, a.over = now, a.over || last
}

func processorTime() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		panic(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// crowd is a folder of very many files, and of nothing in them. It ends the run
// with the first that is opened.
type crowd struct {
	plan source.Plan
	ctx  *attentive
	end  context.CancelFunc
}

func (c crowd) Plan(context.Context, func(items, bytes int64)) (source.Plan, error) {
	c.ctx.look(false)
	return c.plan, nil
}

func (c crowd) Open(context.Context, source.Entry) (io.ReadCloser, error) {
	c.ctx.look(true)
	c.end()
	return nil, context.Canceled
}

func (c crowd) Close() error { return nil }

// A tree of many files takes a while to be planned, also after they are listed.
// Whoever cancels that is not to wait for it.
func TestPlanningNoticesWhenItIsCanceled(t *testing.T) {
	var many source.Plan
	for i := range 120_000 {
		many.Entries = append(many.Entries, source.Entry{Path: fmt.Sprintf("folder %03d/Some Report of the Year %06d.txt", i/500, i), Mode: 0o644, Size: 1, ModTime: time.Unix(int64(i), 0)})
	}
	many.Bytes = int64(len(many.Entries))
	files, err := dir.New(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	const soon = 40 * time.Millisecond // a fifth of what a cancel may take
	inner, end := context.WithCancel(t.Context())
	defer end()
	ctx := &attentive{Context: inner}
	e := &export.Exporter{Formats: format.All(), Artifacts: files, Workers: 1,
		Sources: []export.Named{{Name: "s", Source: fake{about: aFolder, data: source.Data{Files: crowd{many, ctx, end}}}}}}
	if _, err := e.Run(ctx, task(jobs.Spec{Source: "s", Format: "zip"})); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the end that was asked for", err)
	}
	if !ctx.over || ctx.worst > soon {
		t.Errorf("got %v until the context was looked at again, want %v at most and a file to be opened in the end", ctx.worst, soon)
	}
}
