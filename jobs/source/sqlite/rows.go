package sqlite

import (
	"context"
	"database/sql/driver"
	"strings"

	"example.org/carryout/jobs/failpoint"
	"example.org/carryout/jobs/source"
)

// rows implements [source.Rows].
type rows struct {
	conn  *conn
	table table
	key   string // of positions; "": they are ordinals

	header *header
	seen   state // by conn
}

// Columns implements [source.Rows].
func (r *rows) Columns() []source.Column { return r.table.chosen }

// Version implements [source.Rows].
func (r *rows) Version() string { return r.seen.name }

// Count implements [source.Rows].
func (r *rows) Count(ctx context.Context) (int64, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	return r.conn.count(ctx, r.table)
}

// Each implements [source.Rows].
func (r *rows) Each(ctx context.Context, after source.Position, do func(source.Position, []source.Value) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := failpoint.Err("rows-read"); err != nil {
		return err
	}
	if err := r.each(ctx, after, do); err != nil {
		return err
	}
	return r.header.still(r.seen)
}

func (r *rows) each(ctx context.Context, after source.Position, do func(source.Position, []source.Value) error) error {
	row := make([]source.Value, len(r.table.chosen))
	if r.key != "" {
		return r.conn.each(ctx, r.byKey(), []any{int64(after)}, func(v []driver.Value) error {
			for i := range row {
				row[i] = v[i+1]
			}
			at, _ := v[0].(int64)
			return do(source.Position(at), row)
		})
	}
	at := max(after, 0)
	return r.conn.each(ctx, r.byOrdinal(), []any{int64(at)}, func(v []driver.Value) error {
		for i := range row {
			row[i] = v[i]
		}
		at++
		return do(at, row)
	})
}

// byKey is the query for the rows after a key, each after its key.
func (r *rows) byKey() string {
	return `SELECT ` + r.key + `, ` + r.columns() + ` FROM ` + quote(r.table.name) +
		` WHERE ` + r.key + ` > ? ORDER BY ` + r.key
}

// byOrdinal is the query for the rows after so many. Its text does not depend
// on how many, so that SQLite goes the same way every time.
func (r *rows) byOrdinal() string {
	query := `SELECT ` + r.columns() + ` FROM ` + quote(r.table.name)
	switch {
	case r.table.kind == stored && r.table.withoutRowid:
		query += ` ORDER BY ` + quoteAll("", r.table.primary)
	case r.table.kind == stored:
		query += ` NOT INDEXED` // so in the order of its rowid, which has no name here
	}
	return query + ` LIMIT -1 OFFSET ?`
}

// columns lists what is selected. The plus sign makes an expression of a
// column, which has no declared type: else the driver would turn the numbers of
// a DATE into times and those of a BOOLEAN into true and false.
func (r *rows) columns() string {
	names := make([]string, len(r.table.chosen))
	for i, column := range r.table.chosen {
		names[i] = column.Name
	}
	return quoteAll("+", names)
}

// quoteAll lists names, each after a sign.
func quoteAll(sign string, names []string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = sign + quote(name)
	}
	return strings.Join(quoted, ", ")
}

// Close implements [source.Rows].
func (r *rows) Close() error {
	r.conn.close()
	return nil
}
