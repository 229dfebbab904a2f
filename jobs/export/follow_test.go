package export_test

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"testing"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/export"
	"example.org/carryout/jobs/source"
	"example.org/carryout/jobs/work"
)

// gate is a folder whose file can be read once it is opened.
type gate struct {
	one
	reached chan struct{} // receives when somebody wants to read
	open    chan error    // what becomes of it
}

func (g gate) Open(ctx context.Context, e source.Entry) (io.ReadCloser, error) {
	g.reached <- struct{}{}
	if err := <-g.open; err != nil {
		return nil, err
	}
	return g.one.Open(ctx, e)
}

// following starts a job, and another that follows it, and returns what comes
// of them.
func following(t *testing.T, g gate) (e *export.Exporter, second work.Task, ends [2]chan outcome) {
	t.Helper()
	e, _ = exporter(t, fake{about: aFolder, data: source.Data{Files: g}})
	e.Made = new(board).Made
	spec := jobs.Spec{Source: "docs", Format: "zip"}
	rested, stop := make(chan struct{}), make(chan struct{})
	for i, id := range []jobs.ID{firstID, secondID} {
		k := of(id, spec)
		k.Stopping = stop
		if i == 1 {
			k.Rest = func() { close(rested) }
			second = k
		}
		ends[i] = make(chan outcome, 1)
		go func() { // ends with the channel
			f, err := e.Run(t.Context(), k)
			ends[i] <- outcome{f, err}
		}()
		if i == 0 {
			<-g.reached
		} else {
			<-rested
		}
	}
	return e, second, ends
}

type outcome struct {
	file jobs.File
	err  error
}

func newGate() gate {
	return gate{one: one{content: "hello"}, reached: make(chan struct{}), open: make(chan error, 1)}
}

func TestAnEqualJobFollows(t *testing.T) {
	g := newGate()
	e, second, ends := following(t, g)
	if p := second.Meter.Progress(); p.Phase != jobs.Assembling || p.Bytes.Total != jobs.Known(int64(5)) {
		t.Errorf("got %+v, want the progress of what it follows", p)
	}
	g.open <- nil
	first, followed := <-ends[0], <-ends[1]
	if first.err != nil || followed != first {
		t.Errorf("got %+v, want %+v", followed, first)
	}
	for _, id := range []jobs.ID{firstID, secondID} {
		a, err := e.Artifacts.Open(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		a.Close()
	}
	// Until the store says that the first is ready, its flight does.
	if late, err := e.Run(t.Context(), of(thirdID, second.Job.Spec)); err != nil || late != first.file {
		t.Errorf("got %+v and %v a moment later, want %+v", late, err, first.file)
	}
	// And if its file is gone, it is made anew.
	if err := e.Artifacts.Remove(t.Context(), firstID); err != nil {
		t.Fatal(err)
	}
	if _, err := e.Run(t.Context(), of(thirdID, second.Job.Spec)); !errors.Is(err, work.ErrAgain) {
		t.Errorf("got %v, want %v", err, work.ErrAgain)
	}
	go func() { <-g.reached; g.open <- nil }() // ends with the next run
	if anew, err := e.Run(t.Context(), of(thirdID, second.Job.Spec)); err != nil || anew != first.file {
		t.Errorf("got %+v and %v, want %+v", anew, err, first.file)
	}
}

func TestAFollowerIsTriedAgainWhenWhatItFollowsFails(t *testing.T) {
	g := newGate()
	_, _, ends := following(t, g)
	g.open <- &jobs.Failure{Code: "source_busy", Message: "Busy."}
	if first := <-ends[0]; first.err == nil {
		t.Error("got no error of the first job, want its failure")
	}
	if second := <-ends[1]; !errors.Is(second.err, work.ErrAgain) {
		t.Errorf("got %v, want %v", second.err, work.ErrAgain)
	}
}

// Warnings of the one are those of the other.
func TestAFollowerIsWarnedToo(t *testing.T) {
	g := newGate()
	_, second, ends := following(t, g)
	g.open <- fs.ErrPermission
	if a, b := <-ends[0], <-ends[1]; a.err != nil || a != b || a.file.Key != "" {
		t.Errorf("got %+v and %+v, want the same file without a key", a, b)
	}
	if w := second.Meter.Warnings(); len(w) != 1 || w[0].Code != "unreadable" {
		t.Errorf("got %v, want the warning that a file was left out", w)
	}
}
