package frozen_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math"
	"reflect"
	"strings"
	"testing"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/source"
	"example.org/carryout/jobs/source/frozen"
	"example.org/carryout/jobs/source/sourcetest"
)

// listed are rows in memory, at every third position from -100 on.
type listed [][]source.Value

func (l listed) Columns() []source.Column {
	return []source.Column{{Name: "id", Type: "INTEGER"}, {Name: "a \"note\"", Type: ""}}
}
func (l listed) Version() string                      { return "v" }
func (l listed) Count(context.Context) (int64, error) { return int64(len(l)), nil }
func (l listed) Close() error                         { return nil }
func (l listed) Each(ctx context.Context, _ source.Position, do func(source.Position, []source.Value) error) error {
	for n, row := range l {
		if err := do(source.Position(3*n-100), row); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// many are rows of all kinds of values, in several blocks.
func many() (l listed) {
	values := []source.Value{nil, int64(math.MinInt64), int64(7), 0.5, math.Inf(-1), "", "text", "not UTF-8 \xff\x00", []byte{}, []byte("blob"),
		strings.Repeat("long ", 1000)}
	for n := range 3000 {
		l = append(l, []source.Value{int64(n), values[n%len(values)]})
	}
	return append(l, []source.Value{int64(3000), strings.Repeat("huge", 1<<20)}, []source.Value{int64(3001), "after it"})
}

// copied is the frozen copy of rows.
func copied(t testing.TB, l listed) ([]byte, frozen.Digest) {
	t.Helper()
	var b bytes.Buffer
	d, err := frozen.Copy(t.Context(), &b, l, nil)
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), d
}

func open(t testing.TB, b []byte) *frozen.Rows {
	t.Helper()
	r, err := frozen.Open(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestACopyHoldsWhatWasCopied(t *testing.T) {
	for name, l := range map[string]listed{"many": many(), "one": many()[:1], "none": nil} {
		t.Run(name, func(t *testing.T) {
			b, d := copied(t, l)
			r := open(t, b)
			if got, want := r.Columns(), l.Columns(); !reflect.DeepEqual(got, want) {
				t.Errorf("got columns %v, want %v", got, want)
			}
			if r.Digest() != d {
				t.Errorf("got the digest %x, want %x", r.Digest(), d)
			}
			var got listed
			err := r.Each(t.Context(), source.Start, func(at source.Position, row []source.Value) error {
				if want := source.Position(3*len(got) - 100); at != want {
					t.Fatalf("got position %d, want %d", at, want)
				}
				row = append([]source.Value(nil), row...)
				if blob, ok := row[1].([]byte); ok {
					row[1] = append([]byte{}, blob...)
				}
				got = append(got, row)
				return nil
			})
			if err != nil || len(got) != len(l) || len(l) > 0 && !reflect.DeepEqual(got, l) {
				t.Errorf("got %d rows and %v, want the %d that were copied", len(got), err, len(l))
			}
		})
	}
}

// database is a source of one table, which is a copy.
type database struct {
	source.Source
	rows *frozen.Rows
}

func (d database) Check(context.Context, jobs.Spec) error { return nil }
func (d database) Open(context.Context, jobs.Spec) (source.Data, error) {
	return source.Data{Rows: d.rows}, nil
}

func TestACopyKeepsThePromisesOfRows(t *testing.T) {
	b, _ := copied(t, many())
	sourcetest.Rows(t, database{rows: open(t, b)}, jobs.Spec{})
}

func TestEqualRowsHaveEqualDigests(t *testing.T) {
	_, a := copied(t, many())
	_, b := copied(t, many())
	other := many()
	other[1500] = []source.Value{int64(1500), "changed"}
	if _, c := copied(t, other); a != b || a == c {
		t.Errorf("got %x, %x and %x, want the first two to be equal and the third to differ", a, b, c)
	}
}

func TestDamageIsFound(t *testing.T) {
	whole, _ := copied(t, many()[:500])
	read := func(b []byte) error {
		r, err := frozen.Open(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			return err
		}
		return r.Each(t.Context(), source.Start, func(source.Position, []source.Value) error { return nil })
	}
	if err := read(whole); err != nil {
		t.Fatal(err)
	}
	for _, cut := range []int{0, 1, len(whole) / 2, len(whole) - 1} {
		if err := read(whole[:cut]); !errors.Is(err, frozen.ErrDamaged) {
			t.Errorf("cut at %d: got %v, want ErrDamaged", cut, err)
		}
	}
	for at := 0; at < len(whole); at += 1 + at/300 { // every bit of the first heads
		b := bytes.Clone(whole)
		b[at] ^= 4
		if err := read(b); !errors.Is(err, frozen.ErrDamaged) {
			t.Errorf("one bit at %d: got %v, want ErrDamaged", at, err)
		}
	}
}

var errDisk = errors.New("the disk is on fire")

func TestNoErrorIsLost(t *testing.T) {
	w := writer(func(p []byte) (int, error) { return len(p) / 2, nil })
	if _, err := frozen.Copy(t.Context(), w, many(), nil); !errors.Is(err, io.ErrShortWrite) {
		t.Errorf("got %v, want a short write to be told", err)
	}
	w = func(p []byte) (int, error) { return 0, errDisk }
	if _, err := frozen.Copy(t.Context(), w, many(), nil); !errors.Is(err, errDisk) {
		t.Errorf("got %v, want the error of the disk", err)
	}
	calls := 0
	_, err := frozen.Copy(t.Context(), io.Discard, many(), func(rows, bytes int64) error {
		if calls++; rows > 0 {
			return errDisk
		}
		return nil
	})
	if !errors.Is(err, errDisk) || calls != 2 {
		t.Errorf("got %v after %d calls, want to end with the first error of told", err, calls)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := frozen.Copy(ctx, io.Discard, many(), nil); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
}

type writer func(p []byte) (int, error)

func (w writer) Write(p []byte) (int, error) { return w(p) }

func FuzzOpen(f *testing.F) {
	whole, _ := copied(f, many()[:20])
	f.Add(whole)
	f.Add(whole[:60])
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := frozen.Open(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			return
		}
		_ = r.Each(t.Context(), source.Start, func(source.Position, []source.Value) error { return nil })
	})
}
