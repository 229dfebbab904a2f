package format_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/artifact"
	"example.org/carryout/jobs/format"
	"example.org/carryout/jobs/meter"
	"example.org/carryout/jobs/source"
)

var (
	errDisk = errors.New("the disk is on fire")
	someDay = time.Date(2024, 2, 29, 12, 34, 56, 789, time.UTC)
)

// node is one thing in a tree.
type node struct {
	mode    fs.FileMode // 0: a regular file, 0o644
	content string
	target  string
	modTime time.Time // zero: someDay

	planned int64     // size in the plan, if it is another
	opening error     // of Open
	reader  io.Reader // instead of the content
	broken  bool      // an error comes after the content
}

// tree is source.Files over a map from paths to nodes.
type tree struct {
	nodes    map[string]node
	warnings []jobs.Warning
}

func (t tree) Plan(ctx context.Context, found func(items, bytes int64)) (source.Plan, error) {
	p := source.Plan{Warnings: t.warnings}
	for path, n := range t.nodes {
		e := source.Entry{Path: path, Mode: n.mode, ModTime: n.modTime, Target: n.target}
		if e.Mode == 0 {
			e.Mode = 0o644
		}
		if e.ModTime.IsZero() {
			e.ModTime = someDay
		}
		if e.Mode.IsRegular() {
			e.Size = max(int64(len(n.content)), n.planned)
			if n.planned < 0 {
				e.Size = -n.planned
			}
			p.Bytes += e.Size
		}
		p.Entries = append(p.Entries, e)
	}
	slices.SortFunc(p.Entries, func(a, b source.Entry) int { return source.ComparePaths(a.Path, b.Path) })
	found(int64(len(p.Entries)), p.Bytes)
	return p, ctx.Err()
}

func (t tree) Open(_ context.Context, e source.Entry) (io.ReadCloser, error) {
	n := t.nodes[e.Path]
	if n.opening != nil {
		return nil, n.opening
	}
	if n.reader != nil {
		return io.NopCloser(n.reader), nil
	}
	if n.broken {
		return io.NopCloser(io.MultiReader(strings.NewReader(n.content), iotest.ErrReader(errDisk))), nil
	}
	return io.NopCloser(strings.NewReader(n.content)), nil
}

func (t tree) Close() error { return nil }

// rows is source.Rows over a slice; the position of a row is its index.
type rows struct {
	columns []string
	values  [][]source.Value
	each    func(i int) error // called before each row, if set
}

func (r rows) Columns() (list []source.Column) {
	for _, name := range r.columns {
		list = append(list, source.Column{Name: name})
	}
	return list
}

func (r rows) Count(context.Context) (int64, error) { return int64(len(r.values)), nil }

func (r rows) Each(ctx context.Context, after source.Position, do func(source.Position, []source.Value) error) error {
	first := 0
	if after != source.Start {
		first = int(after) + 1
	}
	for i := first; i < len(r.values); i++ {
		if r.each != nil {
			if err := r.each(i); err != nil {
				return err
			}
		}
		if err := do(source.Position(i), r.values[i]); err != nil {
			return err
		}
	}
	return nil
}

func (r rows) Close() error { return nil }

// staged is a Staged in memory that fails after so many bytes.
type staged struct {
	bytes.Buffer
	failAfter int
}

func (s *staged) Write(p []byte) (int, error) {
	n := min(len(p), max(0, s.failAfter-s.Len()))
	s.Buffer.Write(p[:n])
	if n < len(p) {
		return n, errDisk
	}
	return n, nil
}

func (s *staged) ReadAt(p []byte, at int64) (int, error) {
	return bytes.NewReader(s.Bytes()).ReadAt(p, at)
}

func (s *staged) Size() int64                                   { return int64(s.Len()) }
func (s *staged) Checkpoint() ([]byte, error)                   { return []byte("mark"), nil }
func (s *staged) Commit(context.Context, artifact.Digest) error { return nil }
func (s *staged) Abort() error                                  { return nil }
func (s *staged) Leave() error                                  { return nil }

func newStaged() *staged { return &staged{failAfter: 1 << 40} }

// result is what came of a task.
type result struct {
	bytes []byte
	meter *meter.Meter
}

func (r result) codes() (codes []string) {
	for _, w := range r.meter.Warnings() {
		codes = append(codes, w.Code+" "+w.Path)
	}
	return codes
}

// find returns a format that must exist.
func find(t testing.TB, name string) format.Format {
	t.Helper()
	f, ok := format.Find(format.All(), name)
	if !ok {
		t.Fatalf("there is no format %s", name)
	}
	return f
}

// run runs a format over data and returns its file.
func run(ctx context.Context, f format.Format, options map[string]string, data source.Data, s *staged) (result, error) {
	w := artifact.NewWriter(s)
	m := &meter.Meter{}
	err := do(ctx, f, format.Task{Out: w, Meter: m, Options: f.Complete(options), Workers: 2}, data)
	if err != nil {
		return result{meter: m}, errors.Join(err, w.Abort())
	}
	_, err = w.Commit(ctx)
	return result{s.Bytes(), m}, err
}

// do does a task.
func do(ctx context.Context, f format.Format, task format.Task, data source.Data) error {
	if data.Files != nil {
		return f.Files(ctx, task, data.Files)
	}
	return f.Rows(ctx, task, data.Rows)
}

func export(t testing.TB, name string, options map[string]string, data source.Data) result {
	t.Helper()
	r, err := run(t.Context(), find(t, name), options, data, newStaged())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func files(nodes map[string]node) source.Data { return source.Data{Files: tree{nodes: nodes}} }

// noise returns n bytes that do not shrink.
func noise(n int) string {
	b := make([]byte, n)
	rand.NewChaCha8([32]byte{}).Read(b)
	return string(b)
}

// prose returns n words, which shrink about as much as text does.
func prose(n int) string {
	r := rand.New(rand.NewChaCha8([32]byte{1}))
	words := make([]string, 2000)
	for i := range words {
		word := make([]byte, 2+r.IntN(9))
		for j := range word {
			word[j] = "eeeaaoinnrtslcdumphgbfykw"[r.IntN(25)]
		}
		words[i] = string(word)
	}
	var b strings.Builder
	for range n {
		i := min(r.IntN(2000), r.IntN(2000), r.IntN(2000)) // some are more frequent
		b.WriteString(words[i] + []string{" ", " ", " ", " ", ", ", ".\n"}[r.IntN(6)])
	}
	return b.String()
}

// Version implements [source.Rows].
func (rows) Version() string { return "" }
