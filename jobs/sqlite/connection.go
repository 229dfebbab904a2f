package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"example.org/carryout/jobs/sqlite/bulk"
)

// connection is the writer's, and nobody else's. What is written with every
// commit goes past the driver (package bulk), since that costs more than SQLite
// itself; what is seldom asked goes through it.
type connection struct {
	*sql.Conn
	db       *sql.DB
	direct   *bulk.Database
	prepared map[string]*statement
}

// A statement is prepared, with the rows that it is to be executed for.
type statement struct {
	*bulk.Statement
	rows bulk.Rows
}

// newConnection takes the one connection that db may have.
func newConnection(ctx context.Context, db *sql.DB) (*connection, error) {
	c, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	direct, err := bulk.Of(ctx, c)
	if err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return &connection{Conn: c, db: db, direct: direct, prepared: make(map[string]*statement)}, nil
}

// close gives the connection back and closes the database.
func (c *connection) close() (err error) {
	for _, s := range c.prepared {
		err = errors.Join(err, s.Close())
	}
	return errors.Join(err, c.Conn.Close(), c.db.Close())
}

// statement returns the prepared form of a query.
func (c *connection) statement(query string) (*statement, error) {
	if s, ok := c.prepared[query]; ok {
		return s, nil
	}
	prepared, err := c.direct.Prepare(query)
	if err != nil {
		return nil, err
	}
	s := &statement{Statement: prepared}
	c.prepared[query] = s
	return s, nil
}

// each executes a statement for the rows that put adds, if any.
func (c *connection) each(query string, put func(*bulk.Rows)) error {
	s, err := c.statement(query)
	if err != nil {
		return err
	}
	defer s.rows.Reset()
	if put(&s.rows); s.rows.Len() == 0 {
		return nil
	}
	return s.Exec(&s.rows)
}

// exec executes a statement once. Its arguments are of type int64, string, or
// []byte, or are nil.
func (c *connection) exec(query string, args ...any) (err error) {
	done := c.each(query, func(r *bulk.Rows) {
		for _, arg := range args {
			switch v := arg.(type) {
			case nil:
				r.Null()
			case int64:
				r.Int(v)
			case string:
				r.Text(v)
			case []byte:
				r.Blob(v)
			default:
				err = fmt.Errorf("an argument has the type %T", arg)
			}
		}
		if err == nil {
			r.Next()
		}
	})
	return errors.Join(err, done)
}

// number returns the one number that a query without arguments returns.
func (c *connection) number(query string) (int64, error) {
	s, err := c.statement(query)
	if err != nil {
		return 0, err
	}
	return s.Number()
}
