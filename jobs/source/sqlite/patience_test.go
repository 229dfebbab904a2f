package sqlite_test

import (
	"context"
	"errors"
	"reflect"
	"testing"
	"testing/synctest"
	"time"

	"example.org/carryout/jobs"
)

func TestPreviewGivesUpAfterASecond(t *testing.T) {
	src := open(t, database(t, `
		CREATE VIEW numbers AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000000) SELECT i FROM n;
		CREATE VIEW slow AS SELECT count(*) FROM numbers;
		CREATE VIEW stuck AS SELECT i FROM numbers WHERE i < 3 OR i > 299999999`))
	if err := src.Close(); err != nil { // so that nothing is counted at the same time
		t.Fatal(err)
	}
	for view, want := range map[string][][]string{"slow": nil, "stuck": {{"1"}, {"2"}}} {
		began := time.Now()
		got, err := src.Preview(t.Context(), view, 5)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %q and error %v, want %q", view, got, err, want)
		}
		if took := time.Since(began); took < time.Second || took > 3*time.Second {
			t.Errorf("%s: got an answer after %v, want it after a second", view, took)
		}
	}
}

func TestPagesWaitASecondForALockedDatabase(t *testing.T) {
	file := database(t, `CREATE TABLE t (n)`)
	src := open(t, file)
	if err := src.Close(); err != nil { // so that nothing reads when it is to be locked
		t.Fatal(err)
	}
	if _, err := writer(t, file).Exec(`BEGIN EXCLUSIVE`); err != nil {
		t.Fatal(err)
	}
	tables := func(ctx context.Context) error { _, err := src.Tables(ctx); return err }
	preview := func(ctx context.Context) error { _, err := src.Preview(ctx, "t", 1); return err }
	open := func(ctx context.Context) error { _, err := src.Open(ctx, jobs.Spec{Table: "t"}); return err }
	for _, c := range []struct {
		name        string
		do          func(context.Context) error
		least, most time.Duration
	}{
		{"Tables", tables, 500 * time.Millisecond, time.Second},
		{"Preview", preview, 500 * time.Millisecond, time.Second},
		{"Open", open, 4 * time.Second, 6 * time.Second},
	} {
		synctest.Test(t, func(t *testing.T) { // the clock moves only while it waits
			began := time.Now()
			err := c.do(t.Context())
			var failure *jobs.Failure
			if !errors.As(err, &failure) || failure.Code != "source_busy" {
				t.Errorf("%s: got %v, want source_busy", c.name, err)
			}
			if took := time.Since(began); took < c.least || took > c.most {
				t.Errorf("%s: got an answer after %v, want it after %v to %v", c.name, took, c.least, c.most)
			}
		})
	}
}
