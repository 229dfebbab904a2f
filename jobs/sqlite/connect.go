package sqlite

import (
	"context"
	"database/sql/driver"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"

	"github.com/mattn/go-sqlite3"

	"example.org/carryout/jobs/sqlite/spool"
)

// readers is how many connections read at the same time. SQLite works while
// they do, so more than the cores of a small machine would only wait.
const readers = 8

// wait is how long, in milliseconds, a connection waits for a lock that
// another program holds.
const wait = 5000

// logPages is how many pages the log of recent writes holds, 16 MB, before they
// are folded into the database. Most pages are written again and again, and
// are folded in once.
const logPages = 4096

// writerCache is how many KiB of pages the writer keeps in memory. Whenever a
// transaction has put pages of a table into another order, SQLite looks at each
// that it keeps, so more would cost more than it saves.
const writerCache = 4096

// These are executed on every new connection, since none is kept in the file.
var (
	writerPragmas = fmt.Sprintf(`
		PRAGMA busy_timeout = %d;
		PRAGMA synchronous = FULL;
		PRAGMA foreign_keys = ON;
		PRAGMA cache_size = -%d;
		PRAGMA cache_spill = OFF;
		PRAGMA wal_autocheckpoint = %d;`, wait, writerCache, logPages)
	readerPragmas = fmt.Sprintf(`
		PRAGMA busy_timeout = %d;
		PRAGMA synchronous = FULL;
		PRAGMA foreign_keys = ON;
		PRAGMA query_only = ON;`, wait)
)

// lookerPragmas are for a look from outside, at a file that may be in use.
var lookerPragmas = fmt.Sprintf(`PRAGMA busy_timeout = %d;`, wait)

// magic is how a database begins (https://www.sqlite.org/fileformat.html).
const magic = "SQLite format 3\x00"

// prepare makes sure that there is a file at path, a new one for its owner's
// eyes only, and returns its absolute path.
func prepare(path string) (string, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("finding the database: %w", err)
	}
	folder := filepath.Dir(path)
	if _, err := os.Stat(folder); err != nil {
		return "", fmt.Errorf("the folder %s for the database is not there: create it, or name another (%w)", folder, err)
	}
	return path, recognize(path, os.O_RDWR|os.O_CREATE)
}

// locate returns the absolute path of a database that must be there.
func locate(path string) (string, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("finding the database: %w", err)
	}
	if info, err := os.Stat(path); err == nil && info.Size() == 0 {
		return "", fmt.Errorf("opening the database %s: %w", path, ErrForeign)
	}
	return path, recognize(path, os.O_RDONLY)
}

// recognize opens the file at path in that way, and returns ErrForeign if it
// is neither empty nor a database.
func recognize(path string, how int) error {
	f, err := os.OpenFile(path, how, 0o600)
	if err != nil {
		return fmt.Errorf("opening the database: %w", err)
	}
	defer f.Close() // nothing was written
	begin := make([]byte, len(magic))
	n, err := io.ReadFull(f, begin)
	// SQLite would take a short file for an empty one and write over it.
	if err != io.EOF && string(begin[:n]) != magic {
		return fmt.Errorf("opening the database %s: %w", path, ErrForeign)
	}
	return nil
}

// connector opens connections to one file in one way.
type connector struct {
	dsn    string
	driver *sqlite3.SQLiteDriver
}

// writing is the writer's way. Only one goroutine at a time has its connection,
// so SQLite needs no lock to see to that.
func writing(path string) connector {
	return connect(path, "mode=rw&_mutex=no&_txlock=immediate&vfs="+spool.Name, writerPragmas)
}
func reading(path string) connector { return connect(path, "mode=ro", readerPragmas) }

func looking(path string) connector { return connect(path, "mode=rw", lookerPragmas) }

func connect(path, how, pragmas string) connector {
	return connector{
		// The path may hold any character that has a meaning in a URI.
		dsn: "file:" + (&url.URL{Path: path}).EscapedPath() + "?_stmt_cache_size=64&" + how,
		driver: &sqlite3.SQLiteDriver{ConnectHook: func(c *sqlite3.SQLiteConn) error {
			_, err := c.Exec(pragmas, nil)
			return err
		}},
	}
}

// Connect implements [driver.Connector].
func (c connector) Connect(context.Context) (driver.Conn, error) { return c.driver.Open(c.dsn) }

// Driver implements [driver.Connector].
func (c connector) Driver() driver.Driver { return c.driver }
