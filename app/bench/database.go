package bench

import (
	"database/sql"
	"fmt"
	"net/url"

	_ "github.com/mattn/go-sqlite3" // the driver
)

// database opens a file as the others are told to: one connection, since their
// writes would only get into each other's way.
func database(path string) (*sql.DB, error) {
	db, err := sql.Open("sqlite3", "file:"+(&url.URL{Path: path}).EscapedPath()+
		"?_journal_mode=WAL&_synchronous=FULL&_busy_timeout=5000&_foreign_keys=1&_txlock=immediate&_stmt_cache_size=64")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	var full int
	if err := db.QueryRow(`PRAGMA synchronous`).Scan(&full); err != nil || full != 2 {
		db.Close()
		return nil, fmt.Errorf("synchronous is %d, want 2, which is FULL: %v", full, err)
	}
	return db, nil
}
