package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/source"
)

// mostColumns is how many a query may give (SQLITE_MAX_COLUMN).
const mostColumns = 2000

// What a table is, as SQLite calls it.
const (
	stored  = "table"
	view    = "view"
	virtual = "virtual"
)

// A table is a table or a view.
type table struct {
	name         string
	kind         string
	withoutRowid bool
	columns      []source.Column // all of them
	chosen       []source.Column // those that are asked for
	primary      []string        // columns of the primary key, in its order
	fault        string          // why it does not work; "": it does
}

// Why a table does not work, for people.
const (
	outOfDate   = "its definition is out of date"
	noExtension = "it needs an extension of SQLite that this server lacks, or that cannot read it"
	ofAnother   = "its name says that it belongs to a virtual table that does not work"
)

// Tables of SQLite itself and those in which a virtual table keeps its own
// (called shadow tables) are left out.
const selectTables = `
	SELECT name, type, wr
	FROM pragma_table_list
	WHERE schema = 'main' AND type IN ('table', 'view', 'virtual') AND name NOT LIKE 'sqlite\_%' ESCAPE '\'
	ORDER BY name`

// tables lists the tables that work.
func (c *conn) tables(ctx context.Context) ([]table, error) {
	all, err := c.schema(ctx)
	return slices.DeleteFunc(all, func(t table) bool { return t.fault != "" }), err
}

// schema lists the tables, and says which of them do not work.
func (c *conn) schema(ctx context.Context) ([]table, error) {
	var all []table
	err := c.each(ctx, selectTables, nil, func(v []driver.Value) error {
		all = append(all, table{name: text(v[0]), kind: text(v[1]), withoutRowid: v[2] == int64(1)})
		return nil
	})
	if err != nil {
		return nil, err
	}
	for i := range all {
		if err := c.inspect(ctx, &all[i]); err != nil {
			return nil, err
		}
	}
	faultShadows(all)
	return all, nil
}

// inspect adds the columns of t, or what is wrong with it.
func (c *conn) inspect(ctx context.Context, t *table) error {
	err := c.describe(ctx, t)
	var failure *jobs.Failure
	if errors.As(err, &failure) && failure.Code == brokenQuery || err == nil && len(t.columns) == 0 {
		t.fault = outOfDate
		if t.kind == virtual {
			t.fault = noExtension
		}
		return nil
	}
	return err
}

// faultShadows finds the shadow tables of virtual tables that do not work.
// Without the module SQLite cannot tell them from other tables, but their names
// always begin with that of the virtual table.
func faultShadows(all []table) {
	for _, v := range all {
		if v.kind != virtual || v.fault == "" {
			continue
		}
		for i, t := range all {
			if t.kind == stored && strings.HasPrefix(t.name, v.name+"_") {
				all[i].fault = ofAnother
			}
		}
	}
}

// Generated columns are among them; the hidden ones of virtual tables are not.
const selectColumns = `
	SELECT name, type, pk
	FROM pragma_table_xinfo(?, 'main')
	WHERE hidden <> 1
	ORDER BY cid`

// describe adds the columns of t.
func (c *conn) describe(ctx context.Context, t *table) error {
	keys := map[int64]string{}
	err := c.each(ctx, selectColumns, []any{t.name}, func(v []driver.Value) error {
		column := source.Column{Name: text(v[0]), Type: text(v[1])}
		t.columns = append(t.columns, column)
		if at, _ := v[2].(int64); at > 0 {
			keys[at] = column.Name
		}
		return nil
	})
	t.chosen = t.columns
	for at := int64(1); at <= int64(len(keys)); at++ {
		t.primary = append(t.primary, keys[at])
	}
	return err
}

// count counts the rows of t.
func (c *conn) count(ctx context.Context, t table) (int64, error) {
	return c.number(ctx, `SELECT count(*) FROM `+quote(t.name))
}

// keyOf returns the name by which the rows of t are told apart and ordered,
// or "" if there is none, or none that would do as a [source.Position].
func (c *conn) keyOf(ctx context.Context, t table) (string, error) {
	if t.kind != stored || t.withoutRowid || len(t.columns) >= mostColumns {
		return "", nil
	}
	for _, name := range []string{"rowid", "_rowid_", "oid"} {
		if t.has(name) {
			continue
		}
		lowest, err := c.number(ctx, `SELECT min(`+name+`) FROM `+quote(t.name))
		if err != nil {
			return "", fmt.Errorf("looking for the first row: %w", err)
		}
		if lowest == math.MinInt64 { // is source.Start, which is before the first row
			return "", nil
		}
		return name, nil
	}
	return "", nil
}

// has reports whether a column has the name, as SQLite compares names.
func (t table) has(name string) bool {
	for _, column := range t.columns {
		if strings.EqualFold(column.Name, name) {
			return true
		}
	}
	return false
}

// quote makes a name of the schema one in a query.
func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

func text(v driver.Value) string {
	s, _ := v.(string)
	return s
}
