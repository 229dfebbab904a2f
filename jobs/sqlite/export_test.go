package sqlite

import (
	"context"
	"database/sql"
	"sync"

	"github.com/mattn/go-sqlite3"
)

// Migrations is how many schema versions there are.
func Migrations() (int, error) {
	files, err := migrations.ReadDir("migrations")
	return len(files), err
}

// WriterExec executes a statement on the writer's connection.
func (s *Store) WriterExec(query string) error {
	return s.write(context.Background(), "executing", func(t *tx) error {
		_, err := t.batch.w.connection.ExecContext(context.Background(), query)
		return err
	})
}

// Pragmas returns the value of a pragma on the writer's connection and on
// every one that a reader can get.
func (s *Store) Pragmas(ctx context.Context, name string) (values []string, err error) {
	query := `PRAGMA ` + name
	var v string
	if err := s.write(ctx, "asking", func(t *tx) error { return t.batch.w.connection.QueryRowContext(ctx, query).Scan(&v) }); err != nil {
		return nil, err
	}
	values = append(values, v)
	for range readers {
		var c *sql.Conn
		if c, err = s.reader.Conn(ctx); err != nil { // held, so that the next is another
			return nil, err
		}
		defer c.Close()
		if err := c.QueryRowContext(ctx, query).Scan(&v); err != nil {
			return nil, err
		}
		values = append(values, v)
	}
	return values, nil
}

// FailCommits makes every commit fail from now on, its own too.
func (s *Store) FailCommits() error { return s.hookCommits(func() int { return 1 }) }

// RestoreCommits ends that.
func (s *Store) RestoreCommits() error { return s.hookCommits(nil) }

func (s *Store) hookCommits(hook func() int) error {
	return s.write(context.Background(), "arranging trouble", func(t *tx) error {
		return t.batch.w.connection.Raw(func(c any) error {
			c.(*sqlite3.SQLiteConn).RegisterCommitHook(hook)
			return nil
		})
	})
}

// Gathered is how many calls wait for the next transaction.
func (s *Store) Gathered() int {
	s.writer.mu.Lock()
	defer s.writer.mu.Unlock()
	return len(s.writer.calls) + len(s.writer.claims)
}

// Hold keeps the writer busy until release is closed, and returns when it is.
func (s *Store) Hold(release <-chan struct{}) {
	held := make(chan struct{})
	tell := sync.OnceFunc(func() { close(held) }) // it is done again if the transaction fails
	go s.write(context.Background(), "holding", func(*tx) error {
		tell()
		<-release
		return nil
	})
	<-held
}
