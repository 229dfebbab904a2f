package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"strconv"
	"strings"
	"time"

	"example.org/carryout/jobs"
)

// Preview implements [source.Database]. Long values are cut by the database,
// so that they are never in memory as a whole. A query that takes too long is
// interrupted, which is no error.
func (s *Source) Preview(ctx context.Context, name string, n int) ([][]string, error) {
	until := time.Now().Add(glance)
	c, err := connectWithin(ctx, s.file, glance)
	if err != nil {
		return nil, err
	}
	defer c.close()
	within, cancel := context.WithDeadline(ctx, until)
	defer cancel()
	lines, err := c.preview(within, name, n)
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		return lines, nil
	}
	return lines, err
}

// preview returns the first lines of a table, and those from before an error.
func (c *conn) preview(ctx context.Context, name string, n int) (lines [][]string, err error) {
	t, err := c.selected(ctx, jobs.Spec{Table: name})
	if err != nil {
		return nil, err
	}
	err = c.each(ctx, preview(t), []any{int64(max(n, 0))}, func(v []driver.Value) error {
		line := make([]string, len(v))
		for i := range v {
			line[i] = display(v[i])
		}
		lines = append(lines, line)
		return nil
	})
	return lines, err
}

// preview is the query for the first rows, as text or numbers.
func preview(t table) string {
	columns := make([]string, len(t.chosen))
	for i, column := range t.chosen {
		name := quote(column.Name)
		columns[i] = `CASE typeof(` + name + `)
			WHEN 'null' THEN 'NULL'
			WHEN 'blob' THEN 'blob of ' || length(` + name + `) || ' bytes'
			WHEN 'text' THEN substr(` + name + `, 1, 200)
			ELSE ` + name + ` END`
	}
	return `SELECT ` + strings.Join(columns, `, `) + ` FROM ` + quote(t.name) + ` LIMIT ?`
}

func display(v driver.Value) string {
	switch v := v.(type) {
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	return oneLine(text(v))
}
