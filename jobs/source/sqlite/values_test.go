package sqlite_test

import (
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/source"
)

func TestValuesAreAsTheyAreStored(t *testing.T) {
	for _, c := range []struct {
		declared, value string
		want            source.Value
	}{
		{"DATE", `'2026-01-02'`, "2026-01-02"},
		{"DATETIME", `'2026-01-02 03:04:05Z'`, "2026-01-02 03:04:05Z"},
		{"TIMESTAMP", `1767322800`, int64(1767322800)},
		{"timestamp", `'not a time'`, "not a time"},
		{"BOOLEAN", `1`, int64(1)},
		{"BOOLEAN", `7`, int64(7)},
		{"INTEGER", `9007199254740993`, int64(9007199254740993)},
		{"INTEGER", `-9223372036854775808`, int64(math.MinInt64)},
		{"INTEGER", `'text'`, "text"},
		{"INTEGER", `1.5`, 1.5},
		{"REAL", `3`, 3.0},
		{"REAL", `9e999`, math.Inf(1)},
		{"REAL", `-9e999`, math.Inf(-1)},
		{"REAL", `9e999 - 9e999`, nil},
		{"TEXT", `7`, "7"},
		{"TEXT", `''`, ""},
		{"TEXT", `NULL`, nil},
		{"TEXT", `'a' || char(0) || 'b'`, "a\x00b"},
		{"TEXT", `CAST(x'61ff62' AS TEXT)`, "a\xffb"},
		{"TEXT", `'日本 🥡' || char(10) || '"'`, "日本 🥡\n\""},
		{"BLOB", `x'00ff'`, []byte{0, 0xff}},
		{"BLOB", `x''`, []byte{}},
		{"", `x'00'`, []byte{0}},
		{"NUMERIC", `'12'`, int64(12)},
	} {
		src := open(t, database(t, `CREATE TABLE t (v `+c.declared+`); INSERT INTO t VALUES (`+c.value+`); CREATE VIEW w AS SELECT v FROM t`))
		for _, table := range []string{"t", "w"} {
			values, _ := all(t, rows(t, src, table))
			if got := values[0][0]; !reflect.DeepEqual(got, c.want) {
				t.Errorf("%s %s in %s: got %#v, want %#v", c.declared, c.value, table, got, c.want)
			}
		}
	}
}

func TestColumnsAreThoseAskedForInTheirOrder(t *testing.T) {
	src := open(t, database(t, `
		CREATE TABLE "select ""x"" from" (id INTEGER PRIMARY KEY, "a""b" TEXT, "c d" DATE, "group" TEXT, "日" TEXT, "+" GENERATED ALWAYS AS (id + 1));
		INSERT INTO "select ""x"" from" VALUES (1, 'ab', 2, 'g', 'day')`))
	const table = `select "x" from`
	r := rows(t, src, table, "日", `a"b`, "+", "group", "c d")
	if got, want := r.Columns(), []source.Column{{Name: "日", Type: "TEXT"}, {Name: `a"b`, Type: "TEXT"}, {Name: "+"}, {Name: "group", Type: "TEXT"}, {Name: "c d", Type: "DATE"}}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	values, _ := all(t, r)
	if got, want := values[0], []source.Value{"day", "ab", int64(2), "g", int64(2)}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := len(rows(t, src, table).Columns()); got != 6 {
		t.Errorf("without a choice: got %d columns, want 6", got)
	}
}

func TestTextIsUTF8WhateverTheDatabaseKeepsItIn(t *testing.T) {
	src := open(t, database(t, `PRAGMA encoding = 'UTF-16le'; CREATE TABLE "tä" ("cö" TEXT); INSERT INTO "tä" VALUES ('日本 🥡')`))
	if values, _ := all(t, rows(t, src, "tä", "cö")); values[0][0] != "日本 🥡" {
		t.Errorf("got %q", values[0][0])
	}
}

func TestReadsAsManyColumnsAsATableCanHave(t *testing.T) {
	columns := make([]string, 2000)
	for i := range columns {
		columns[i] = "c" + strings.Repeat("x", i%7) + string(rune('a'+i%26)) + strings.Repeat("y", i/26)
	}
	src := open(t, database(t, `CREATE TABLE t (`+strings.Join(columns, ",")+`); INSERT INTO t (`+columns[1999]+`) VALUES ('last')`))
	values, _ := all(t, rows(t, src, "t"))
	if len(values) != 1 || values[0][1999] != "last" {
		t.Errorf("got %d rows, want one that ends with %q", len(values), "last")
	}
}

func TestPreviewIsTextForPeople(t *testing.T) {
	src := open(t, database(t, `
		CREATE TABLE t (a, b, c);
		INSERT INTO t VALUES (NULL, '', 1), (1.5, x'0102', 'two' || char(10) || 'lines' || char(7)), (replace(hex(zeroblob(500)), '0', 'é'), 1, 1), (9, 9, 9)`))
	got, err := src.Preview(t.Context(), "t", 3)
	if err != nil {
		t.Fatal(err)
	}
	want := [][]string{{"NULL", "", "1"}, {"1.5", "blob of 2 bytes", "two↵lines�"}, {strings.Repeat("é", 100) + "…", "1", "1"}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if _, err := src.Preview(t.Context(), "nothing", 3); !reflect.DeepEqual(err, src.Check(t.Context(), jobs.Spec{Table: "nothing"})) {
		t.Errorf("of an unknown table: got %v", err)
	}
}
