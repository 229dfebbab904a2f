package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"

	"github.com/mattn/go-sqlite3"
)

// connection is the writer's, and nobody else's. What is written with every
// commit goes past database/sql to statements of the driver, since that costs
// more than SQLite itself; what is seldom asked goes through it.
type connection struct {
	*sql.Conn
	db       *sql.DB
	prepared map[string]*sqlite3.SQLiteStmt
	driver   *sqlite3.SQLiteConn // only while f of direct runs
	values   []driver.NamedValue // reused by every statement
}

// newConnection takes the one connection that db may have.
func newConnection(ctx context.Context, db *sql.DB) (*connection, error) {
	c, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	return &connection{Conn: c, db: db, prepared: make(map[string]*sqlite3.SQLiteStmt)}, nil
}

// close gives the connection back and closes the database.
func (c *connection) close() error {
	err := c.direct(func() (err error) {
		for _, s := range c.prepared {
			err = errors.Join(err, s.Close())
		}
		return err
	})
	return errors.Join(err, c.Conn.Close(), c.db.Close())
}

// direct runs f, in which exec and number may be called.
func (c *connection) direct(f func() error) error {
	return c.Raw(func(conn any) error {
		c.driver = conn.(*sqlite3.SQLiteConn)
		defer func() { c.driver = nil }()
		return f()
	})
}

// statement returns the prepared form of a query.
func (c *connection) statement(query string) (*sqlite3.SQLiteStmt, error) {
	if s, ok := c.prepared[query]; ok {
		return s, nil
	}
	s, err := c.driver.Prepare(query)
	if err != nil {
		return nil, err
	}
	prepared, ok := s.(*sqlite3.SQLiteStmt)
	if !ok {
		return nil, fmt.Errorf("the driver has statements of the type %T", s)
	}
	c.prepared[query] = prepared
	return prepared, nil
}

// bind numbers the arguments of a statement. What it returns is good until the
// next call.
func (c *connection) bind(args []any) []driver.NamedValue {
	c.values = c.values[:0]
	for i, v := range args {
		c.values = append(c.values, driver.NamedValue{Ordinal: i + 1, Value: v})
	}
	return c.values
}

// exec executes a statement, whose arguments have the types of the driver.
func (c *connection) exec(query string, args ...any) error {
	s, err := c.statement(query)
	if err != nil {
		return err
	}
	// A context that can end would cost a goroutine for every statement.
	_, err = s.ExecContext(context.Background(), c.bind(args))
	return err
}

// number returns the one number that a query returns.
func (c *connection) number(query string, args ...any) (n int64, err error) {
	s, err := c.statement(query)
	if err != nil {
		return 0, err
	}
	rows, err := s.QueryContext(context.Background(), c.bind(args))
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	var value [1]driver.Value
	if err := rows.Next(value[:]); err != nil {
		if err == io.EOF {
			err = sql.ErrNoRows
		}
		return 0, err
	}
	n, ok := value[0].(int64)
	if !ok {
		return 0, fmt.Errorf("got %v, want a number", value[0])
	}
	return n, nil
}
