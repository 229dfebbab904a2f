package sqlite

import (
	"context"
	"strings"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/source"
)

// checkSpec says what is wrong with spec before anything is looked up.
func checkSpec(spec jobs.Spec) error {
	if len(spec.Paths) > 0 {
		return &jobs.SpecError{Field: "paths", Code: "does_not_fit", Message: "A database has no paths. Leave this out, or choose a folder."}
	}
	if spec.Table == "" {
		return &jobs.SpecError{Field: "table", Code: "table_missing", Message: "Choose a table or view of this database."}
	}
	return nil
}

// selected returns the table that spec names, with the columns it names. It
// returns a *jobs.SpecError if there is no such thing.
func (c *conn) selected(ctx context.Context, spec jobs.Spec) (table, error) {
	all, err := c.schema(ctx)
	if err != nil {
		return table{}, err
	}
	for _, t := range all {
		if t.name != spec.Table {
			continue
		}
		if t.fault != "" {
			return table{}, &jobs.SpecError{Field: "table", Code: "broken_table",
				Message: shown(t.name) + " does not work in this database: " + t.fault + ". Choose another table or view."}
		}
		if len(spec.Columns) == 0 {
			return t, nil
		}
		t.chosen, err = choose(t.columns, spec.Columns)
		return t, err
	}
	return table{}, &jobs.SpecError{Field: "table", Code: "unknown_table",
		Message: "There is no table " + shown(spec.Table) + " in this database."}
}

// choose returns the columns with these names, in this order.
func choose(columns []source.Column, names []string) ([]source.Column, error) {
	byName := make(map[string]source.Column, len(columns))
	for _, column := range columns {
		byName[column.Name] = column
	}
	chosen := make([]source.Column, 0, len(columns))
	taken := make(map[string]bool, len(columns))
	for _, name := range names {
		column, ok := byName[name]
		switch {
		case !ok:
			return nil, &jobs.SpecError{Field: "columns", Code: "unknown_column",
				Message: "There is no column " + shown(name) + " in this table."}
		case taken[name]:
			return nil, &jobs.SpecError{Field: "columns", Code: "repeated_column",
				Message: "The column " + shown(name) + " is named more than once."}
		}
		taken[name] = true
		chosen = append(chosen, column)
	}
	return chosen, nil
}

// shown is a value as it stands on a page or in a sentence: valid UTF-8, on
// one line, not too long.
func shown(s string) string { return "“" + oneLine(s) + "”" }

func oneLine(s string) string {
	const most = 100 // characters
	var b strings.Builder
	n := 0
	for _, r := range s {
		if n++; n > most {
			return b.String() + "…"
		}
		switch {
		case r == '\n':
			r = '↵'
		case r < ' ' || r == 0x7f:
			r = '�'
		}
		b.WriteRune(r) // what is not UTF-8 has become U+FFFD
	}
	return b.String()
}
