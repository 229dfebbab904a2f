package sqlite_test

import (
	"errors"
	"strings"
	"testing"

	"example.org/carryout/jobs"
)

// broken has a virtual table as another program would leave it, of a module
// that is known there and not here, and views that are out of date.
const broken = `
	CREATE TABLE plain (x);
	CREATE TABLE notesx (x);
	CREATE TABLE notes_data (id INTEGER PRIMARY KEY, block BLOB);
	CREATE TABLE notes_config (k PRIMARY KEY, v) WITHOUT ROWID;
	CREATE VIEW notes_view AS SELECT x FROM plain;
	CREATE VIEW of_notes AS SELECT * FROM notes;
	PRAGMA writable_schema = ON;
	INSERT INTO sqlite_schema VALUES ('table', 'notes', 'notes', 0, 'CREATE VIRTUAL TABLE notes USING not_a_module(body)');
	PRAGMA writable_schema = OFF;
	CREATE TABLE doomed (x);
	CREATE VIEW broken AS SELECT x FROM doomed;
	CREATE VIEW of_broken AS SELECT x FROM broken;
	DROP TABLE doomed`

func TestWhatDoesNotWorkIsNotListedAndSaysWhy(t *testing.T) {
	src := open(t, database(t, broken))
	tables, err := src.Tables(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, table := range tables {
		names = append(names, table.Name)
	}
	if got, want := strings.Join(names, ", "), "notes_view, notesx, plain"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	for table, why := range map[string]string{
		"broken":       "“broken” does not work in this database: its definition is out of date.",
		"of_broken":    "“of_broken” does not work in this database: its definition is out of date.",
		"of_notes":     "“of_notes” does not work in this database: its definition is out of date.",
		"notes":        "“notes” does not work in this database: it needs an extension of SQLite",
		"notes_data":   "“notes_data” does not work in this database: its name says that it belongs to a virtual table",
		"notes_config": "“notes_config” does not work in this database: its name says that it belongs to a virtual table",
	} {
		_, openErr := src.Open(t.Context(), jobs.Spec{Table: table})
		_, previewErr := src.Preview(t.Context(), table, 1)
		for _, err := range []error{src.Check(t.Context(), jobs.Spec{Table: table}), openErr, previewErr} {
			var spec *jobs.SpecError
			if !errors.As(err, &spec) || spec.Field != "table" || spec.Code != "broken_table" || !strings.HasPrefix(spec.Message, why) {
				t.Errorf("%s: got %v, want broken_table of table: %s", table, err, why)
			}
		}
	}
}
