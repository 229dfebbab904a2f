package sourcetest

import (
	"bytes"
	"context"
	"errors"
	"reflect"
	"testing"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/source"
)

// Rows tests that the rows of src that spec selects keep the promises of
// [source.Rows]. They should be a few thousand at most, and at least two.
func Rows(t *testing.T, src source.Source, spec jobs.Spec) {
	t.Helper()
	rows := open(t, src, spec).Rows
	if rows == nil {
		t.Fatal("the source did not give rows")
	}
	all := read(t, rows, source.Start)
	if len(all) < 2 {
		t.Fatalf("got %d rows, want some to test with", len(all))
	}
	t.Run("the count is that of the rows", func(t *testing.T) {
		n, err := rows.Count(t.Context())
		if err != nil || n != int64(len(all)) {
			t.Errorf("got %d and error %v, want %d", n, err, len(all))
		}
	})
	t.Run("rows hold values in order of position", func(t *testing.T) { checkRows(t, rows, all) })
	t.Run("reading goes on after any row", func(t *testing.T) {
		step := len(all)/50 + 1
		for i := 0; i < len(all); i += step {
			if rest := read(t, rows, all[i].at); !equal(rest, all[i+1:]) {
				t.Fatalf("after row %d: got %d rows, want the %d that follow", i, len(rest), len(all)-i-1)
			}
		}
	})
	t.Run("the first error of do is returned", func(t *testing.T) {
		enough, calls := errors.New("enough"), 0
		err := rows.Each(t.Context(), source.Start, func(source.Position, []source.Value) error {
			calls++
			return enough
		})
		if err != enough || calls != 1 {
			t.Errorf("got %v after %d rows, want %v after 1", err, calls, enough)
		}
	})
	t.Run("canceled work stops", func(t *testing.T) { checkCanceled(t, rows) })
}

type row struct {
	at     source.Position
	values []source.Value
}

// read returns copies of the rows after a position.
func read(t *testing.T, rows source.Rows, after source.Position) (all []row) {
	t.Helper()
	err := rows.Each(t.Context(), after, func(at source.Position, values []source.Value) error {
		r := row{at, append([]source.Value(nil), values...)}
		for i, v := range r.values {
			if blob, ok := v.([]byte); ok {
				r.values[i] = bytes.Clone(blob)
			}
		}
		all = append(all, r)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func equal(a, b []row) bool { return len(a) == 0 && len(b) == 0 || reflect.DeepEqual(a, b) }

func checkRows(t *testing.T, rows source.Rows, all []row) {
	last := source.Start
	for i, r := range all {
		if r.at < last || i > 0 && r.at == last {
			t.Fatalf("row %d: got position %d after %d", i, r.at, last)
		}
		if len(r.values) != len(rows.Columns()) {
			t.Fatalf("row %d: got %d values in %d columns", i, len(r.values), len(rows.Columns()))
		}
		for c, v := range r.values {
			switch v.(type) {
			case nil, int64, float64, string, []byte:
			default:
				t.Errorf("row %d, column %q: got a %T", i, rows.Columns()[c].Name, v)
			}
		}
		last = r.at
	}
}

func checkCanceled(t *testing.T, rows source.Rows) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	err := rows.Each(ctx, source.Start, func(source.Position, []source.Value) error {
		cancel()
		return ctx.Err()
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("in the middle: got %v, want %v", err, context.Canceled)
	}
	if _, err := rows.Count(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Count: got %v, want %v", err, context.Canceled)
	}
	if err := rows.Each(ctx, source.Start, func(source.Position, []source.Value) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("from the start: got %v, want %v", err, context.Canceled)
	}
}
