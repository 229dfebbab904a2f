package export_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"testing"
	"time"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/artifact/dir"
	"example.org/carryout/jobs/export"
	"example.org/carryout/jobs/format"
	"example.org/carryout/jobs/source"
)

// attentive is a context that counts how often somebody asks whether it is done,
// and is canceled at one of these looks.
type attentive struct {
	context.Context
	cancel context.CancelFunc
	at     int64 // the look at which it is; 0: it is not
	looks  atomic.Int64
}

// Err implements [context.Context].
func (a *attentive) Err() error {
	if a.looks.Add(1) == a.at {
		a.cancel()
	}
	return a.Context.Err()
}

// crowd is a folder of very many files, and of nothing in them. It ends the run
// with the first that is opened.
type crowd struct {
	plan source.Plan
	ctx  *attentive

	listed, opened *atomic.Int64 // looks until then
}

func (c crowd) Plan(context.Context, func(items, bytes int64)) (source.Plan, error) {
	c.listed.Store(c.ctx.looks.Load())
	return c.plan, nil
}

func (c crowd) Open(context.Context, source.Entry) (io.ReadCloser, error) {
	c.opened.CompareAndSwap(0, c.ctx.looks.Load())
	c.ctx.cancel()
	return nil, context.Canceled
}

func (c crowd) Close() error { return nil }

// A tree of many files takes a while to be planned, also after they are listed.
// Whoever cancels that is not to wait for it.
func TestPlanningNoticesWhenItIsCanceled(t *testing.T) {
	const (
		entries = 20_000
		stretch = 1024 // entries between two looks, at most
		passes  = 7    // through a plan: for its digest and its age, for names and links, for its identity, and twice for kinds
	)
	var many source.Plan
	for i := range entries {
		many.Entries = append(many.Entries, source.Entry{Path: fmt.Sprintf("folder %03d/Some Report of the Year %06d.txt", i/500, i), Mode: 0o644, Size: 1, ModTime: time.Unix(int64(i), 0)})
	}
	many.Bytes = entries
	files, err := dir.New(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	// plan exports the tree until its first file is opened, or until that look,
	// and returns how many looks there were while it was planned, and after.
	plan := func(at int64) (planning, all int64) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		c := crowd{many, &attentive{Context: ctx, cancel: cancel, at: at}, new(atomic.Int64), new(atomic.Int64)}
		e := &export.Exporter{Formats: format.All(), Artifacts: files, Workers: 1,
			Sources: []export.Named{{Name: "s", Source: fake{about: aFolder, data: source.Data{Files: c}}}}}
		if _, err := e.Run(c.ctx, task(jobs.Spec{Source: "s", Format: "zip"})); !errors.Is(err, context.Canceled) {
			t.Errorf("canceled at look %d: got %v, want the end that was asked for", at, err)
		}
		if opened := c.opened.Load(); (opened > 0) != (at == 0) {
			t.Errorf("canceled at look %d: got a file opened %v", at, opened > 0)
		}
		return c.opened.Load() - c.listed.Load(), c.ctx.looks.Load()
	}
	planning, _ := plan(0)
	if least := int64(passes * entries / stretch); planning < least {
		t.Fatalf("got %d looks at the context while it was planned, want %d at least", planning, least)
	}
	for at := planning / 10; at < planning; at += planning / 5 {
		if _, all := plan(at); all > at+2*passes {
			t.Errorf("canceled at look %d: got %d looks, want the run to end", at, all)
		}
	}
}
