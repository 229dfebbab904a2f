package export_test

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/artifact"
	"example.org/carryout/jobs/artifact/dir"
	"example.org/carryout/jobs/export"
	"example.org/carryout/jobs/format"
	"example.org/carryout/jobs/meter"
	"example.org/carryout/jobs/source"
	"example.org/carryout/jobs/store"
	"example.org/carryout/jobs/work"
)

const id = jobs.ID("AAAAAAAAAAAAAAAAAAAAAAAAAA")

// fake is a source of whatever kind a test wants.
type fake struct {
	source.Source
	about source.About
	data  source.Data
	check error
	open  error
}

func (f fake) About(context.Context) (source.About, error)          { return f.about, nil }
func (f fake) Check(context.Context, jobs.Spec) error               { return f.check }
func (f fake) Open(context.Context, jobs.Spec) (source.Data, error) { return f.data, f.open }

// one is a folder that holds one file.
type one struct {
	content string
	fail    error // of opening it
}

func (f one) Plan(context.Context, func(items, bytes int64)) (source.Plan, error) {
	return source.Plan{Entries: []source.Entry{{Path: "a", Mode: 0o644, Size: int64(len(f.content))}}, Bytes: int64(len(f.content))}, nil
}

func (f one) Open(context.Context, source.Entry) (io.ReadCloser, error) {
	return io.NopCloser(strings.NewReader(f.content)), f.fail
}

func (f one) Close() error { return nil }

// table is a database that holds rows of one text.
type table struct {
	rows int
	text string
}

func (t table) Columns() []source.Column             { return []source.Column{{Name: "note"}} }
func (t table) Version() string                      { return "v" }
func (t table) Count(context.Context) (int64, error) { return int64(t.rows), nil }
func (t table) Close() error                         { return nil }
func (t table) Each(_ context.Context, _ source.Position, do func(source.Position, []source.Value) error) error {
	for n := range t.rows {
		if err := do(source.Position(n), []source.Value{t.text}); err != nil {
			return err
		}
	}
	return nil
}

var (
	aFolder   = source.About{Kind: source.KindFolder}
	aDatabase = source.About{Kind: source.KindDatabase}
)

func exporter(t *testing.T, docs fake) (*export.Exporter, string) {
	t.Helper()
	root := t.TempDir()
	artifacts, err := dir.New(root)
	if err != nil {
		t.Fatal(err)
	}
	return &export.Exporter{Sources: []export.Named{{Name: "docs", Source: docs}}, Formats: format.All(), Artifacts: artifacts, Workers: 1}, root
}

// task is an attempt of a job, whose cursors are not kept.
func task(spec jobs.Spec) work.Task {
	return work.Task{
		Lease: store.Lease{Job: jobs.Job{ID: id, Spec: spec, State: jobs.Running}, Fence: 1},
		Meter: &meter.Meter{},
		Keep:  func(context.Context, []byte) error { return nil },
	}
}

func TestCheckNamesTheFieldAtFault(t *testing.T) {
	for _, test := range []struct {
		name string
		kind source.About
		spec jobs.Spec
		want string // field and code; empty: fine
	}{
		{"a folder", aFolder, jobs.Spec{Source: "docs", Format: "zip", Paths: []string{"a"}}, ""},
		{"a table", aDatabase, jobs.Spec{Source: "docs", Format: "csv", Table: "orders"}, ""},
		{"unknown source", aFolder, jobs.Spec{Source: "x", Format: "zip"}, "source unknown_source"},
		{"unknown format", aFolder, jobs.Spec{Source: "docs", Format: "x"}, "format unknown_format"},
		{"a folder as a table", aFolder, jobs.Spec{Source: "docs", Format: "csv"}, "format format_does_not_fit"},
		{"a table as an archive", aDatabase, jobs.Spec{Source: "docs", Format: "zip"}, "format format_does_not_fit"},
		{"unknown option", aFolder, jobs.Spec{Source: "docs", Format: "zip", Options: map[string]string{"x": "y"}}, "options.x unknown_option"},
	} {
		t.Run(test.name, func(t *testing.T) {
			e, _ := exporter(t, fake{about: test.kind})
			err := e.Check(t.Context(), test.spec)
			got := ""
			if fault := (*jobs.SpecError)(nil); errors.As(err, &fault) {
				got = fault.Field + " " + fault.Code
			} else if err != nil {
				t.Fatal(err)
			}
			if got != test.want {
				t.Errorf("got %q (%v), want %q", got, err, test.want)
			}
		})
	}
}

// What a form sends along from an earlier choice is left out.
func TestFitLeavesOutWhatBelongsToAnotherChoice(t *testing.T) {
	filled := jobs.Spec{Source: "docs", Paths: []string{"p"}, Table: "t", Columns: []string{"c"}, Options: map[string]string{"header": "no", "level": "store"}}
	for _, test := range []struct {
		about  source.About
		format string
		want   jobs.Spec
	}{
		{aFolder, "zip", jobs.Spec{Source: "docs", Format: "zip", Paths: filled.Paths, Options: map[string]string{"level": "store"}}},
		{aDatabase, "csv", jobs.Spec{Source: "docs", Format: "csv", Table: "t", Columns: filled.Columns, Options: map[string]string{"header": "no"}}},
	} {
		e, _ := exporter(t, fake{about: test.about})
		spec := filled
		spec.Format = test.format
		if got := e.Fit(t.Context(), spec); !reflect.DeepEqual(got, test.want) {
			t.Errorf("got %+v, want %+v", got, test.want)
		}
	}
}

func TestAFileIsMadeAndDescribed(t *testing.T) {
	e, _ := exporter(t, fake{about: aFolder, data: source.Data{Files: one{content: "hello"}}})
	attempt := task(jobs.Spec{Source: "docs", Format: "zip"})
	got, err := e.Run(t.Context(), attempt)
	if err != nil {
		t.Fatal(err)
	}
	a, err := e.Artifacts.Open(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	if got.Name != "docs.zip" || got.Type != "application/zip" || got.Size != a.Size || len(got.SHA256) != 64 {
		t.Errorf("got %+v, want what was made: %d bytes", got, a.Size)
	}
	if p := attempt.Meter.Progress(); p.Phase != jobs.Sealing || p.Items.Done != 1 || p.Bytes.Done != 5 {
		t.Errorf("got %+v, want all counted", p)
	}
}

func TestWhatGoesWrongIsAFailureInWordsOrAnErrorOfOurs(t *testing.T) {
	spec := jobs.Spec{Source: "docs", Format: "zip"}
	for _, test := range []struct {
		name string
		docs fake
		spec jobs.Spec
		want string // code of the failure; empty: an error of ours
	}{
		{"a source that has gone", fake{about: aFolder, open: &jobs.Failure{Code: "source_gone", Message: "Gone."}}, spec, "source_gone"},
		{"a folder that has gone", fake{about: aFolder, open: fs.ErrNotExist}, spec, "source_gone"},
		{"a path that has gone", fake{about: aFolder, check: &jobs.SpecError{Field: "paths", Code: "no_such_path", Message: "Not there."}}, spec, "no_such_path"},
		{"a source that is no longer configured", fake{about: aFolder}, jobs.Spec{Source: "other", Format: "zip"}, "unknown_source"},
		{"a source that is of another kind by now", fake{about: aDatabase}, spec, "format_does_not_fit"},
		{"a format that is no longer there", fake{about: aFolder}, jobs.Spec{Source: "docs", Format: "rar"}, "unknown_format"},
		{"a failure in the middle", fake{about: aFolder, data: source.Data{Files: one{"x", &jobs.Failure{Code: "source_busy", Message: "Busy."}}}}, spec, "source_busy"},
		{"a fault of ours", fake{about: aFolder, open: errors.New("a driver's words")}, spec, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			e, root := exporter(t, test.docs)
			_, err := e.Run(t.Context(), task(test.spec))
			var got *jobs.Failure
			if !errors.As(err, &got) {
				got = &jobs.Failure{}
			}
			if err == nil || got.Code != test.want {
				t.Errorf("got %v with the code %q, want %q", err, got.Code, test.want)
			}
			for _, folder := range []string{"staged", "ready"} {
				left, err := os.ReadDir(filepath.Join(root, folder))
				if err != nil || len(left) > 0 {
					t.Errorf("%s: got %v, %v, want nothing left behind", folder, left, err)
				}
			}
		})
	}
}

// full is a place in which there is no room.
type full struct{ artifact.Store }

func (full) Stage(context.Context, jobs.ID, []byte) (artifact.Staged, error) {
	return nil, artifact.ErrFull
}

func TestAFullDiskIsSaid(t *testing.T) {
	e, _ := exporter(t, fake{about: aFolder, data: source.Data{Files: one{content: "x"}}})
	e.Artifacts = full{}
	_, err := e.Run(t.Context(), task(jobs.Spec{Source: "docs", Format: "zip"}))
	if fail := (*jobs.Failure)(nil); !errors.As(err, &fail) || fail.Code != "disk_full" {
		t.Errorf("got %v, want a failure that says so", err)
	}
}

func TestAThrottleIsKept(t *testing.T) {
	const size, rate = 10 << 20, 1 << 20
	for name, data := range map[string]source.Data{
		"files": {Files: one{content: strings.Repeat("x", size)}},
		"rows":  {Rows: table{rows: 1 << 10, text: strings.Repeat("x", size>>10)}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				spec, about := jobs.Spec{Source: "docs", Format: "zip", Options: map[string]string{"level": "store"}}, aFolder
				if data.Rows != nil {
					spec, about = jobs.Spec{Source: "docs", Format: "csv", Table: "t"}, aDatabase
				}
				e, _ := exporter(t, fake{about: about, data: data})
				e.Throttle = rate
				began := time.Now()
				if _, err := e.Run(t.Context(), task(spec)); err != nil {
					t.Fatal(err)
				}
				if got, want := time.Since(began), size/rate*time.Second; got < want || got > want+time.Second {
					t.Errorf("got %v for %d bytes, want about %v", got, size, want)
				}
			})
		})
	}
}

func TestAThrottledRunStopsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, _ := exporter(t, fake{about: aFolder, data: source.Data{Files: one{content: strings.Repeat("x", 1<<20)}}})
		e.Throttle = 1 // it would take days
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		began := time.Now()
		_, err := e.Run(ctx, task(jobs.Spec{Source: "docs", Format: "zip"}))
		if err == nil || time.Since(began) > time.Minute {
			t.Errorf("got %v after %v, want an end with its context", err, time.Since(began))
		}
	})
}
