package sqlite_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/source"
	"example.org/carryout/jobs/source/sourcetest"
	"example.org/carryout/jobs/source/sqlite"
)

var (
	_ source.Source   = (*sqlite.Source)(nil)
	_ source.Database = (*sqlite.Source)(nil)
)

const kinds = `
	CREATE TABLE plain (id INTEGER PRIMARY KEY, name TEXT, data BLOB);
	INSERT INTO plain SELECT value * 3 - 300, 'n' || value, zeroblob(value % 3) FROM generate;
	CREATE TABLE hidden (rowid TEXT, oid TEXT, _rowid_ TEXT, n INTEGER);
	INSERT INTO hidden SELECT 'r', 'o', 'x', 1000 - value FROM generate;
	CREATE INDEX hidden_n ON hidden (n);
	CREATE TABLE half (rowid TEXT, n INTEGER);
	INSERT INTO half SELECT 'r' || value, value FROM generate;
	CREATE TABLE lowest (id INTEGER PRIMARY KEY);
	INSERT INTO lowest VALUES (9223372036854775807), (-9223372036854775808), (0), (-9223372036854775807);
	CREATE TABLE keyed (a TEXT, b INTEGER, c TEXT, PRIMARY KEY (b, a)) WITHOUT ROWID;
	INSERT INTO keyed SELECT 'a' || value, -(value / 7), 'c' FROM generate;
	CREATE VIEW ordered AS SELECT name, id FROM plain ORDER BY name DESC;
	CREATE VIEW counted AS SELECT n / 10 AS tens, count(*) AS n FROM half GROUP BY 1;
	CREATE VIRTUAL TABLE box USING rtree(id, x0, x1);
	INSERT INTO box SELECT value, value, value + 1 FROM generate;
	CREATE VIRTUAL TABLE words USING fts4(body);
	INSERT INTO words SELECT 'word ' || value FROM generate;
	DROP TABLE generate`

func kindsDatabase(t *testing.T) string {
	return database(t, `CREATE TABLE generate AS WITH RECURSIVE n(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < 300) SELECT value FROM n;`+kinds)
}

func TestKeepsThePromisesOfSources(t *testing.T) {
	src := open(t, kindsDatabase(t))
	for _, table := range []string{"plain", "hidden", "half", "lowest", "keyed", "ordered", "counted", "box", "words"} {
		t.Run(table, func(t *testing.T) { sourcetest.Rows(t, src, jobs.Spec{Table: table}) })
	}
	t.Run("one column, of which there is an index", func(t *testing.T) {
		sourcetest.Rows(t, src, jobs.Spec{Table: "hidden", Columns: []string{"n"}})
	})
}

func TestRowsComeInOrder(t *testing.T) {
	src := open(t, kindsDatabase(t))
	for _, c := range []struct {
		table, column string
		first         source.Value
		at            source.Position
	}{
		{"plain", "id", int64(-297), -297},
		{"hidden", "n", int64(999), 1}, // as inserted, although an index has them the other way round
		{"half", "n", int64(1), 1},
		{"lowest", "id", int64(-1 << 63), 1},
		{"keyed", "a", "a294", 1},
		{"ordered", "name", "n99", 1},
	} {
		values, at := all(t, rows(t, src, c.table, c.column))
		if values[0][0] != c.first || at[0] != c.at {
			t.Errorf("%s: got %v at %d first, want %v at %d", c.table, values[0][0], at[0], c.first, c.at)
		}
	}
}

func TestTablesListsWhatCanBeExported(t *testing.T) {
	file := kindsDatabase(t)
	write(t, file, `
		CREATE TABLE counter (id INTEGER PRIMARY KEY AUTOINCREMENT, twice GENERATED ALWAYS AS (id * 2), "odd ""name""" DECIMAL(10,2));
		CREATE TABLE doomed (x);
		CREATE VIEW broken AS SELECT x FROM doomed;
		DROP TABLE doomed`)
	src := open(t, file)
	tables, err := src.Tables(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, table := range tables {
		name := table.Name
		if table.View {
			name += " (view)"
		}
		names = append(names, name)
		if table.Name == "counter" {
			want := []source.Column{{Name: "id", Type: "INTEGER"}, {Name: "twice"}, {Name: `odd "name"`, Type: "DECIMAL(10,2)"}}
			for i, column := range table.Columns {
				if column != want[i] {
					t.Errorf("got column %+v, want %+v", column, want[i])
				}
			}
		}
	}
	if got, want := strings.Join(names, ", "), "box, counted (view), counter, half, hidden, keyed, lowest, ordered (view), plain, words"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestCountsAreKnownOnceTheyAreFound(t *testing.T) {
	src := open(t, kindsDatabase(t))
	want := map[string]int64{"box": 300, "counted": 31, "half": 300, "hidden": 300, "keyed": 300, "lowest": 4, "ordered": 300, "plain": 300, "words": 300}
	for known := 0; known < len(want); runtime.Gosched() {
		if t.Context().Err() != nil {
			t.Fatal("the counts did not come")
		}
		tables, err := src.Tables(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		known = 0
		for _, table := range tables {
			if !table.Rows.Known {
				continue
			}
			known++
			if table.Rows.Value != want[table.Name] {
				t.Fatalf("%s: got %d rows, want %d", table.Name, table.Rows.Value, want[table.Name])
			}
		}
	}
	about, err := src.About(t.Context())
	if err != nil || about.Kind != source.KindDatabase || about.Items != jobs.Known(int64(9)) || about.Bytes.Value < 4096 {
		t.Errorf("got %+v and error %v, want 9 tables in some bytes", about, err)
	}
}

func TestCheckRefusesWhatCannotWork(t *testing.T) {
	src := open(t, kindsDatabase(t))
	for _, c := range []struct {
		spec        jobs.Spec
		field, code string
	}{
		{jobs.Spec{}, "table", "table_missing"},
		{jobs.Spec{Paths: []string{"x"}, Table: "plain"}, "paths", "does_not_fit"},
		{jobs.Spec{Table: "nothing"}, "table", "unknown_table"},
		{jobs.Spec{Table: "sqlite_schema"}, "table", "unknown_table"},
		{jobs.Spec{Table: "box_node"}, "table", "unknown_table"},
		{jobs.Spec{Table: "words_content"}, "table", "unknown_table"},
		{jobs.Spec{Table: "pragma_table_list"}, "table", "unknown_table"},
		{jobs.Spec{Table: `plain" UNION SELECT 1,2,3 --`}, "table", "unknown_table"},
		{jobs.Spec{Table: "plain\x00"}, "table", "unknown_table"},
		{jobs.Spec{Table: strings.Repeat("x", 10_000)}, "table", "unknown_table"},
		{jobs.Spec{Table: "plain", Columns: []string{"id", "no"}}, "columns", "unknown_column"},
		{jobs.Spec{Table: "plain", Columns: []string{"rowid"}}, "columns", "unknown_column"},
		{jobs.Spec{Table: "plain", Columns: []string{""}}, "columns", "unknown_column"},
		{jobs.Spec{Table: "plain", Columns: []string{"id", "name", "id"}}, "columns", "repeated_column"},
	} {
		err := src.Check(t.Context(), c.spec)
		var spec *jobs.SpecError
		if !errors.As(err, &spec) || spec.Field != c.field || spec.Code != c.code || len(spec.Message) > 500 {
			t.Errorf("%.60q: got %v, want %s of %s", c.spec.Table, err, c.code, c.field)
		}
		if _, err := src.Open(t.Context(), c.spec); !errors.As(err, &spec) {
			t.Errorf("%.60q: Open: got %v, want a SpecError", c.spec.Table, err)
		}
	}
}

func TestAJobSeesOneStateOfTheDatabase(t *testing.T) {
	file := database(t, `PRAGMA journal_mode = WAL; CREATE TABLE t (n); INSERT INTO t VALUES (1), (2), (3)`)
	src := open(t, file)
	before := rows(t, src, "t")
	write(t, file, `DELETE FROM t WHERE n = 2; INSERT INTO t VALUES (4), (5); ALTER TABLE t ADD COLUMN more`)
	for range 2 {
		values, _ := all(t, before)
		n, err := before.Count(t.Context())
		if err != nil || n != 3 || len(values) != 3 || values[1][0] != int64(2) {
			t.Errorf("got %v, %d rows and error %v, want the three from before", values, n, err)
		}
	}
	if values, _ := all(t, rows(t, src, "t")); len(values) != 4 || len(values[0]) != 2 {
		t.Errorf("a new job: got %v, want the four of now", values)
	}
}

func TestCancelInterruptsAQueryThatGivesNothing(t *testing.T) {
	src := open(t, database(t, `
		CREATE VIEW endless AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n WHERE i < 0`))
	r := rows(t, src, "endless")
	for name, do := range map[string]func(context.Context) error{
		"Count": func(ctx context.Context) error { _, err := r.Count(ctx); return err },
		"Each": func(ctx context.Context) error {
			return r.Each(ctx, source.Start, func(source.Position, []source.Value) error { return nil })
		},
		"Preview": func(ctx context.Context) error { _, err := src.Preview(ctx, "endless", 1); return err },
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		began := time.Now()
		err := do(ctx)
		if took := time.Since(began); !errors.Is(err, context.DeadlineExceeded) || took > 2*time.Second {
			t.Errorf("%s: got %v after %v, want %v after 50 ms", name, err, took, context.DeadlineExceeded)
		}
		cancel()
	}
}

func TestALockedDatabaseIsWaitedForUntilItIsTooLong(t *testing.T) {
	file := database(t, `CREATE TABLE t (n)`)
	src := open(t, file)
	if err := src.Close(); err != nil { // so that nothing reads when it is to be locked
		t.Fatal(err)
	}
	lock := writer(t, file)
	exec := func(statement string) {
		if _, err := lock.Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
	exec(`BEGIN EXCLUSIVE`)
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		err := src.Check(t.Context(), jobs.Spec{Table: "t"})
		var failure *jobs.Failure
		if !errors.As(err, &failure) || failure.Code != "source_busy" || time.Since(began) < time.Second {
			t.Errorf("got %v after %v, want source_busy after seconds", err, time.Since(began))
		}
	})
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		err := src.Check(ctx, jobs.Spec{Table: "t"})
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != time.Second {
			t.Errorf("got %v after %v, want %v after 1s", err, time.Since(began), context.DeadlineExceeded)
		}
	})
	exec(`ROLLBACK`)
	if err := src.Check(t.Context(), jobs.Spec{Table: "t"}); err != nil {
		t.Error(err)
	}
}

func TestADatabaseThatIsGoneOrDamagedIsAFailure(t *testing.T) {
	const content = `CREATE TABLE t (n); INSERT INTO t VALUES (1)`
	for _, c := range []struct {
		name   string
		change func(file string) error
		code   string
	}{
		{"gone", os.Remove, "source_gone"},
		{"not a database", func(file string) error {
			return os.WriteFile(file, []byte(strings.Repeat("no database ", 1000)), 0o644)
		}, "source_damaged"},
		{"half overwritten", func(file string) error {
			b, err := os.ReadFile(file)
			copy(b[100:], strings.Repeat("x", 1000))
			return errors.Join(err, os.WriteFile(file, b, 0o644))
		}, "source_damaged"},
		{"a folder", func(file string) error { return errors.Join(os.Remove(file), os.Mkdir(file, 0o755)) }, "source_unreadable"},
	} {
		t.Run(c.name, func(t *testing.T) {
			file := database(t, content)
			src := open(t, file)
			if err := c.change(file); err != nil {
				t.Fatal(err)
			}
			_, err := src.Open(t.Context(), jobs.Spec{Table: "t"})
			var failure *jobs.Failure
			if !errors.As(err, &failure) || failure.Code != c.code {
				t.Fatalf("got %v, want %s", err, c.code)
			}
			if strings.Contains(err.Error(), filepath.Dir(file)) {
				t.Errorf("the error gives a place on the disk away: %v", err)
			}
			if again, err := sqlite.Open(file); err == nil {
				again.Close()
				t.Error("it was opened as a source")
			}
		})
	}
}

func TestOpenMakesNoFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "nothing.db")
	if src, err := sqlite.Open(file); err == nil {
		src.Close()
		t.Error("a file that is not there was opened")
	}
	if _, err := os.Stat(file); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v, want %v", err, os.ErrNotExist)
	}
}
