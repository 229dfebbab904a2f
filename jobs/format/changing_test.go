package format_test

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/source"
)

// restless is a tree that does not hold still while it is read.
func restless() tree {
	long := prose(210_000)
	return tree{
		warnings: []jobs.Warning{{Code: "special", Path: "pipe", Message: "A FIFO has no content, so it is left out."}},
		nodes: map[string]node{
			"forbidden":    {content: "secret", opening: &fs.PathError{Op: "open", Err: fs.ErrPermission}},
			"gone":         {content: "gone", opening: fs.ErrNotExist},
			"turned":       {content: "a link now", opening: source.ErrChanged},
			"grown":        {content: "0123456789", planned: -4},
			"grown.log":    {content: long, planned: int64(-1_200_000)},
			"shrunk":       {content: "0123456789", planned: 15},
			"shrunk.log":   {content: long[:1_100_000], planned: 1_300_000},
			"broken":       {content: "0123456789", reader: io.MultiReader(strings.NewReader("01234"), iotest.ErrReader(errDisk))},
			"broken.log":   {content: long, reader: io.MultiReader(strings.NewReader(long[:1_150_000]), iotest.ErrReader(errDisk))},
			"untouched":    {content: "untouched"},
			"zz/untouched": {content: "untouched"},
		},
	}
}

func TestAFileThatChangesWhileItIsReadDoesNotSpoilTheArchive(t *testing.T) {
	long := restless().nodes["grown.log"].content
	want := map[string]string{
		"grown":        "0123",
		"grown.log":    long[:1_200_000],
		"shrunk":       "0123456789",
		"shrunk.log":   long[:1_100_000],
		"broken":       "01234",
		"broken.log":   long[:1_150_000],
		"untouched":    "untouched",
		"zz/untouched": "untouched",
	}
	planned := map[string]int{"shrunk": 15, "shrunk.log": 1_300_000, "broken": 10, "broken.log": len(long)}
	wantCodes := []string{"special pipe", "unreadable broken", "unreadable broken.log", "unreadable forbidden", "vanished gone",
		"changed grown", "changed grown.log", "changed shrunk", "changed shrunk.log", "changed turned"}
	for _, name := range archives() {
		t.Run(name, func(t *testing.T) {
			r := export(t, name, nil, source.Data{Files: restless()})
			got, order := unpack(t, name, r.bytes)
			for path, content := range want {
				if size, pads := planned[path]; pads && name != "zip" {
					content += strings.Repeat("\x00", size-len(content))
				}
				if got[path].content != content {
					t.Errorf("%s: got %d bytes, want %d, and the same ones", path, len(got[path].content), len(content))
				}
			}
			if len(got) != len(want)+1 || order[len(order)-1] != "EXPORT-REPORT.txt" {
				t.Errorf("got %q, want the report at the end of %d entries", order, len(want)+1)
			}
			if codes := r.codes(); !slices.Equal(codes, wantCodes) {
				t.Errorf("got the warnings %q, want %q", codes, wantCodes)
			}
			report := got["EXPORT-REPORT.txt"]
			for _, code := range wantCodes {
				if line := "\n" + strings.Replace(code, " ", "\t", 1) + "\t"; !strings.Contains(report.content, line) {
					t.Errorf("got the report\n%s\nwant a line %q", report.content, line)
				}
			}
			if !report.modTime.Equal(someDay.Truncate(time.Second)) {
				t.Errorf("got the report's time %v, want that of the newest entry", report.modTime)
			}
			checkDone(t, r)
		})
	}
}

func TestAJobThatIsToFailDoesSoAtTheFirstTrouble(t *testing.T) {
	strict := map[string]string{"on_error": "fail"}
	for _, name := range archives() {
		for path, n := range restless().nodes {
			if strings.HasSuffix(path, "untouched") {
				continue
			}
			nodes := sample()
			nodes["a/"+path], nodes["b/later"] = n, node{opening: fs.ErrNotExist}
			_, err := run(t.Context(), find(t, name), strict, files(nodes), newStaged())
			want := map[string]string{"forbidden": "unreadable", "broken": "unreadable", "broken.log": "unreadable", "gone": "vanished"}[path]
			if want == "" {
				want = "changed"
			}
			var failure *jobs.Failure
			if !errors.As(err, &failure) || failure.Code != want || !strings.Contains(failure.Message, "“a/"+path+"” ") {
				t.Errorf("%s: got %v, want a failure %q that names a/%s", name, err, want, path)
			}
		}
		data := source.Data{Files: tree{nodes: sample(), warnings: restless().warnings}}
		_, err := run(t.Context(), find(t, name), strict, data, newStaged())
		if failure := (*jobs.Failure)(nil); !errors.As(err, &failure) || failure.Code != "special" || !strings.Contains(failure.Message, "“pipe” ") {
			t.Errorf("%s: got %v, want a failure for what the plan leaves out", name, err)
		}
		nodes := sample()
		nodes["a:b"] = node{content: "renamed is not failed"}
		export(t, name, map[string]string{"on_error": "fail", "links": "skip", "names": "portable"}, files(nodes))
	}
}

// checkDone checks that everything that was planned has been counted.
func checkDone(t *testing.T, r result) {
	t.Helper()
	p := r.meter.Progress()
	if p.Items.Done != p.Items.Total.Value || p.Bytes.Done != p.Bytes.Total.Value {
		t.Errorf("got %d of %d items and %d of %d bytes, want all", p.Items.Done, p.Items.Total.Value, p.Bytes.Done, p.Bytes.Total.Value)
	}
}

func TestEverythingIsCountedOnce(t *testing.T) {
	for _, name := range archives() {
		checkDone(t, export(t, name, nil, files(sample())))
	}
}

func TestTheReportTakesNoNameOfAnEntry(t *testing.T) {
	nodes := map[string]node{
		"EXPORT-REPORT.txt":       {content: "mine"},
		"export-report-2.TXT/x":   {content: "mine too"},
		"sub/EXPORT-REPORT-3.txt": {content: "elsewhere"},
		"bad\nname\xff":           {opening: fs.ErrPermission},
		"Übermut":                 {opening: fs.ErrPermission},
	}
	for _, name := range archives() {
		got, _ := unpack(t, name, export(t, name, nil, files(nodes)).bytes)
		report, ok := got["EXPORT-REPORT-3.txt"]
		if !ok || got["EXPORT-REPORT.txt"].content != "mine" {
			t.Fatalf("%s: got %q, want the report as EXPORT-REPORT-3.txt", name, slices.Collect(maps.Keys(got)))
		}
		for _, part := range []string{"\t\"bad\\nname\\xff\"\t", "\tÜbermut\t"} {
			if !strings.Contains(report.content, part) {
				t.Errorf("%s: got the report\n%s\nwant %q in it", name, report.content, part)
			}
		}
	}
}

func TestASourceThatIsGoneEndsTheJob(t *testing.T) {
	gone := &jobs.Failure{Code: "source_gone", Message: "The folder is gone."}
	nodes := map[string]node{"a": {content: "a"}, "b": {opening: gone}}
	for _, name := range archives() {
		_, err := run(t.Context(), find(t, name), nil, files(nodes), newStaged())
		if failure := (*jobs.Failure)(nil); !errors.As(err, &failure) || failure != gone {
			t.Errorf("%s: got %v, want the failure of the source", name, err)
		}
	}
}

func TestNoErrorOfTheArtifactIsLost(t *testing.T) {
	for name, data := range someData() {
		whole := len(export(t, name, nil, data).bytes)
		for _, failAfter := range []int{0, 1, whole / 2, whole - 1} {
			s := newStaged()
			s.failAfter = failAfter
			if _, err := run(t.Context(), find(t, name), nil, data, s); !errors.Is(err, errDisk) {
				t.Errorf("%s, failing after %d bytes of %d: got %v, want the error", name, failAfter, whole, err)
			}
		}
	}
}

// someData returns something to export in every format.
func someData() map[string]source.Data {
	all := map[string]source.Data{}
	for _, name := range archives() {
		all[name] = files(sample())
	}
	for _, name := range []string{"csv", "jsonl"} {
		all[name] = source.Data{Rows: manyRows(20_000)}
	}
	return all
}

func TestCancelEndsTheWorkAtOnce(t *testing.T) {
	for name, data := range someData() {
		ctx, cancel := context.WithCancel(t.Context())
		var canceled time.Time
		stop := func() { canceled = time.Now(); cancel() }
		if data.Files != nil {
			nodes := sample()
			nodes["big/endless"] = node{planned: 1 << 50, reader: &endless{after: 1_500_000, then: stop}}
			data = files(nodes)
		} else {
			r := manyRows(20_000)
			r.each = func(i int) error {
				if i == 5000 {
					stop()
				}
				return nil
			}
			data = source.Data{Rows: r}
		}
		r, err := run(ctx, find(t, name), nil, data, newStaged())
		if took := time.Since(canceled); !errors.Is(err, context.Canceled) || took > 500*time.Millisecond {
			t.Errorf("%s: got %v, %v after the cancel", name, err, took)
		}
		if codes := r.codes(); len(codes) > 0 {
			t.Errorf("%s: got the warnings %q for what was only canceled", name, codes)
		}
	}
}

// endless is a file without end, in which something happens.
type endless struct {
	after int
	then  func()
}

func (e *endless) Read(p []byte) (int, error) {
	e.after -= len(p)
	if e.after < 0 && e.then != nil {
		e.then()
		e.then = nil
	}
	return len(p), nil
}

func TestCancelEndsTheFillingOfAFileThatBecameShort(t *testing.T) {
	for _, name := range []string{"tar", "tar.gz", "tar.zst"} {
		ctx, cancel := context.WithCancel(t.Context())
		short := &endless{after: 1000, then: cancel}
		nodes := map[string]node{"a": {planned: 1 << 50, reader: io.MultiReader(io.LimitReader(short, 2000), iotest.ErrReader(io.EOF))}}
		if _, err := run(ctx, find(t, name), nil, files(nodes), newStaged()); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: got %v, want context.Canceled", name, err)
		}
	}
}
