package export_test

import (
	"context"
	"database/sql"
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/export"
	"example.org/carryout/jobs/source"
	"example.org/carryout/jobs/store"
	"example.org/carryout/jobs/work"
)

const (
	firstID  = jobs.ID("AAAAAAAAAAAAAAAAAAAAAAAAAA")
	secondID = jobs.ID("BBBBBBBBBBBBBBBBBBBBBBBBBB")
	thirdID  = jobs.ID("CCCCCCCCCCCCCCCCCCCCCCCCCC")
)

// board is a store's memory of what is ready.
type board struct{ ready []jobs.Job }

func (b *board) Made(_ context.Context, key string, n int) (made []jobs.Job, _ error) {
	for _, j := range b.ready {
		if j.File.Key == key && len(made) < n {
			made = append(made, j)
		}
	}
	return made, nil
}

// reusing is both with files used again. Its sources are old enough for it.
func reusing(t *testing.T) (e *export.Exporter, b *board, root, file string) {
	root, file = tree(t), newDatabase(t, 2000)
	e, b = both(t, root, file), &board{}
	e.Made = b.Made
	age(t)
	return e, b, root, file
}

// age waits until times on the disk are old enough to tell changes by.
func age(t *testing.T) {
	select {
	case <-time.After(40 * time.Millisecond):
	case <-t.Context().Done():
	}
}

// of is an attempt of the job of that id.
func of(id jobs.ID, spec jobs.Spec) work.Task {
	k := task(spec)
	k.Lease = store.Lease{Job: jobs.Job{ID: id, Spec: spec, State: jobs.Running}, Fence: 1}
	return k
}

func TestAKeyChangesWithAllThatHasASayInTheFile(t *testing.T) {
	e, _, root, file := reusing(t)
	docs, shop := jobs.Spec{Source: "docs", Format: "zip"}, jobs.Spec{Source: "shop", Format: "csv", Table: "orders"}
	key := func(spec jobs.Spec) string {
		t.Helper()
		k, err := e.Key(t.Context(), spec)
		if err != nil || len(k) != 64 {
			t.Fatalf("got the key %q and %v", k, err)
		}
		return k
	}
	with := func(spec jobs.Spec, change func(*jobs.Spec)) jobs.Spec {
		spec.Options = maps.Clone(spec.Options)
		change(&spec)
		return spec
	}
	for _, spec := range []jobs.Spec{docs, shop} {
		if a, b := key(spec), key(with(spec, func(s *jobs.Spec) { s.Options = map[string]string{} })); a != b {
			t.Errorf("got %s and %s for the same, want equal keys", a, b)
		}
	}
	if key(docs) != key(with(docs, func(s *jobs.Spec) { s.Options = map[string]string{"level": "default"} })) {
		t.Error("a default that is written out makes another key")
	}
	seen := map[string]string{key(docs): "the folder", key(shop): "the table"}
	fresh := func(name string, spec jobs.Spec) {
		t.Helper()
		k := key(spec)
		if other, known := seen[k]; known {
			t.Errorf("%s has the key of %s", name, other)
		}
		seen[k] = name
	}
	fresh("a level", with(docs, func(s *jobs.Spec) { s.Options = map[string]string{"level": "store"} }))
	fresh("a format", with(docs, func(s *jobs.Spec) { s.Format = "tar" }))
	fresh("a path", with(docs, func(s *jobs.Spec) { s.Paths = []string{"01.txt"} }))
	fresh("a column", with(shop, func(s *jobs.Spec) { s.Columns = []string{"id"} }))
	fresh("the other column first", with(shop, func(s *jobs.Spec) { s.Columns = []string{"note", "id"} }))
	for i := range e.Formats {
		e.Formats[i].Version++
	}
	fresh("another encoder", docs)
	fresh("another encoder of tables", shop)

	name := filepath.Join(root, "07.txt")
	info, err := os.Stat(name)
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	content[0] ^= 1
	if err := errors.Join(os.WriteFile(name, content, 0o600), os.Chtimes(name, info.ModTime(), info.ModTime())); err != nil {
		t.Fatal(err)
	}
	age(t)
	fresh("one bit, and the old time set again", docs)
	db, err := sql.Open("sqlite3", file)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(`UPDATE orders SET note = 'x' WHERE id = 1`); err != nil {
		t.Fatal(err)
	}
	fresh("a row", shop)
}

func TestWhatChangesAtThisMomentHasNoKey(t *testing.T) {
	e, _, root, _ := reusing(t)
	spec := jobs.Spec{Source: "docs", Format: "zip"}
	for range 100 { // a slow machine may take longer than the moment
		if err := os.WriteFile(filepath.Join(root, "07.txt"), []byte("now"), 0o600); err != nil {
			t.Fatal(err)
		}
		if key, err := e.Key(t.Context(), spec); key == "" && err == nil {
			return
		}
	}
	t.Error("got a key each time, although the next write might leave the same times")
}

func TestAFileIsUsedAgain(t *testing.T) {
	for _, spec := range []jobs.Spec{specs[0], specs[2]} {
		e, b, _, _ := reusing(t)
		first, err := e.Run(t.Context(), of(firstID, spec))
		if err != nil || first.Key == "" {
			t.Fatalf("got %+v and %v, want a file with a key", first, err)
		}
		b.ready = []jobs.Job{
			{ID: thirdID, File: first}, // whose file is missing
			{ID: firstID, File: first, Progress: jobs.Progress{Items: jobs.Count{Done: 60}, Fraction: jobs.Known(1.0)}},
		}
		e.Artifacts = &watched{Store: e.Artifacts}
		k := of(secondID, spec)
		again, err := e.Run(t.Context(), k)
		if err != nil || again != first {
			t.Errorf("got %+v and %v, want %+v", again, err, first)
		}
		if got := e.Artifacts.(*watched).staged; got != 0 {
			t.Errorf("got %d files begun, want none", got)
		}
		if p := k.Meter.Progress(); p.Items.Done != 60 || p.Phase != jobs.Sealing || p.Fraction.Value >= 1 {
			t.Errorf("got %+v, want the counts of the first, and nothing that is all done", p)
		}
	}
}

// lossy is a folder of which one file cannot be read.
type lossy struct{ one }

func (l lossy) Open(context.Context, source.Entry) (io.ReadCloser, error) {
	return nil, fs.ErrPermission
}

// A file with warnings is not for those who come later: what was wrong may not
// be wrong any more.
func TestAFileWithWarningsHasNoKey(t *testing.T) {
	for _, test := range []struct {
		files source.Files
		key   bool
	}{{one{content: "x"}, true}, {lossy{one{content: "x"}}, false}} {
		e, _ := exporter(t, fake{about: aFolder, data: source.Data{Files: test.files}})
		e.Made = new(board).Made
		f, err := e.Run(t.Context(), task(jobs.Spec{Source: "docs", Format: "zip"}))
		if err != nil || (f.Key != "") != test.key {
			t.Errorf("%T: got the key %q and %v", test.files, f.Key, err)
		}
	}
}

// What was interrupted is as good as what was not, from a copy too, whatever
// has been written to the table since.
func TestAnInterruptedExportHasTheKeyOfItsBeginning(t *testing.T) {
	for _, freeze := range []int64{0, 1} {
		e, _, _, file := reusing(t)
		e.Freeze = freeze
		want, err := e.Key(t.Context(), specs[0])
		if err != nil {
			t.Fatal(err)
		}
		cursor, _, _, err := attempt(t, e, specs[0], nil, 1)
		if !errors.Is(err, work.ErrStopped) {
			t.Fatal(err)
		}
		if freeze > 0 {
			db, err := sql.Open("sqlite3", file)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			if _, err := db.Exec(`DELETE FROM orders`); err != nil {
				t.Fatal(err)
			}
		}
		if _, f, _, err := attempt(t, e, specs[0], cursor, 0); err != nil || f.Key != want || f.Size < 10_000 {
			t.Errorf("frozen from %d bytes on: got %+v and %v, want the key %s", freeze, f, err, want)
		}
	}
}

// partly is a source of which something is left out, and one file cannot be
// read.
type partly struct{ source.Source }

func (p partly) Open(ctx context.Context, spec jobs.Spec) (source.Data, error) {
	d, err := p.Source.Open(ctx, spec)
	d.Files = partlyFiles{d.Files}
	return d, err
}

type partlyFiles struct{ source.Files }

func (f partlyFiles) Plan(ctx context.Context, report func(items, bytes int64)) (source.Plan, error) {
	p, err := f.Files.Plan(ctx, report)
	p.Warnings = append(p.Warnings, jobs.Warning{Code: "special", Path: "pipe"})
	return p, err
}

func (f partlyFiles) Open(ctx context.Context, e source.Entry) (io.ReadCloser, error) {
	if e.Path == "00.txt" {
		return nil, fs.ErrPermission
	}
	return f.Files.Open(ctx, e)
}

// What was told before an interruption is told after it too, and such a file is
// for nobody else.
func TestAnInterruptedExportWithWarningsHasNoKey(t *testing.T) {
	for _, spec := range specs[2:] {
		e, _, _, _ := reusing(t)
		e.Sources[0].Source = partly{e.Sources[0].Source}
		cursor, _, _, err := attempt(t, e, spec, nil, 3)
		if !errors.Is(err, work.ErrStopped) {
			t.Fatal(err)
		}
		for _, from := range [][]byte{cursor, nil} { // the second must not be given the file of the first
			_, f, m, err := attempt(t, e, spec, from, 0)
			if err != nil || f.Key != "" {
				t.Errorf("%s: got %+v and %v, want a file without a key", spec.Format, f, err)
			}
			var got []string
			for _, w := range m.Warnings() {
				got = append(got, w.Code+" "+w.Path)
			}
			if want := []string{"special pipe", "unreadable 00.txt"}; !slices.Equal(got, want) {
				t.Errorf("%s: got the warnings %q, want %q", spec.Format, got, want)
			}
		}
	}
}

// A wait for room says nothing about the file: it is for those who come later.
func TestAFileThatWaitedForRoomIsUsedAgain(t *testing.T) {
	e, _, _, _ := reusing(t)
	k := of(firstID, specs[2])
	for _, code := range []string{jobs.PausedDiskFull, jobs.PausedSpaceFull, jobs.StartedOver} {
		k.Meter.Warn(jobs.Warning{Code: code})
	}
	first, err := e.Run(t.Context(), k)
	if err != nil || first.Key == "" {
		t.Fatalf("got %+v and %v, want a file with a key", first, err)
	}
	files := &watched{Store: e.Artifacts}
	e.Artifacts = files
	if again, err := e.Run(t.Context(), of(secondID, specs[2])); err != nil || again != first || files.staged != 0 {
		t.Errorf("got %+v, %v and %d files begun, want %+v and none", again, err, files.staged, first)
	}
}

// unlinked is a place for files where each has one name only.
type unlinked struct{ watched }

func (*unlinked) Link(context.Context, jobs.ID, jobs.ID) error {
	return &os.LinkError{Op: "link", Err: syscall.EMLINK}
}

func TestAFileThatCannotBeLinkedIsMade(t *testing.T) {
	e, b, _, _ := reusing(t)
	files := &unlinked{watched{Store: e.Artifacts}}
	e.Artifacts = files
	spec := specs[2]
	first, err := e.Run(t.Context(), of(firstID, spec))
	if err != nil {
		t.Fatal(err)
	}
	// Its flight is still known. It is of no use, and is forgotten.
	if _, err := e.Run(t.Context(), of(secondID, spec)); !errors.Is(err, work.ErrAgain) {
		t.Errorf("got %v, want %v", err, work.ErrAgain)
	}
	b.ready = []jobs.Job{{ID: firstID, File: first}}
	if again, err := e.Run(t.Context(), of(secondID, spec)); err != nil || again != first || files.staged != 2 {
		t.Errorf("got %+v, %v and %d files begun, want %+v and a second file", again, err, files.staged, first)
	}
}
