package spool_test

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/mattn/go-sqlite3"

	"example.org/carryout/jobs/sqlite/spool"
)

// database opens the one at path by a single connection, through the virtual
// file system of that name.
func database(t *testing.T, path, vfs string) *sql.Conn {
	t.Helper()
	if err := errors.Join(spool.Register(), spool.Register()); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite3", "file:"+path+"?_journal_mode=WAL&_synchronous=FULL&vfs="+vfs)
	if err != nil {
		t.Fatal(err)
	}
	c, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	exec(t, c, `PRAGMA cache_spill = OFF`)
	t.Cleanup(func() {
		if err := errors.Join(c.Close(), db.Close()); err != nil {
			t.Error(err)
		}
	})
	return c
}

// crashed opens the files of the database at path as they lie, without what its
// connections have in memory.
func crashed(t *testing.T, path string) *sql.Conn {
	t.Helper()
	folder := t.TempDir()
	if err := os.CopyFS(folder, os.DirFS(filepath.Dir(path))); err != nil {
		t.Fatal(err)
	}
	copied := filepath.Join(folder, filepath.Base(path))
	if err := os.Remove(copied + "-shm"); err != nil {
		t.Fatal(err)
	}
	return database(t, copied, "unix")
}

func exec(t *testing.T, c *sql.Conn, query string) {
	t.Helper()
	if _, err := c.ExecContext(t.Context(), query); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

// holds checks what a connection sees.
func holds(t *testing.T, who string, c *sql.Conn, rows, sum int64) {
	t.Helper()
	var gotRows, gotSum int64
	var check string
	err := c.QueryRowContext(t.Context(), `SELECT count(*), ifnull(sum(n), 0) FROM t`).Scan(&gotRows, &gotSum)
	if err != nil || gotRows != rows || gotSum != sum {
		t.Errorf("%s: got %d rows with the sum %d, error %v, want %d, %d", who, gotRows, gotSum, err, rows, sum)
	}
	if err := c.QueryRowContext(t.Context(), `PRAGMA quick_check`).Scan(&check); err != nil || check != "ok" {
		t.Errorf("%s: got check %q, error %v", who, check, err)
	}
}

// fill adds the rows from 1 to ?, which are 1,000 bytes each.
const fill = `WITH RECURSIVE up (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM up WHERE n < %) INSERT INTO t SELECT n, zeroblob(1000) FROM up`

func filling(n int) string { return strings.Replace(fill, "%", strconv.Itoa(n), 1) }

// TestNobodyCanTellTheDifference has transactions of all sizes seen by the
// connection that makes them, by another one, and by one that finds the files
// as they lie after a crash.
func TestNobodyCanTellTheDifference(t *testing.T) {
	for _, n := range []int{1, 50, 110, 120, 400, 5000} {
		for _, cache := range []string{"a cache for all", "a cache for little"} {
			t.Run(strconv.Itoa(n)+" KB, "+cache, func(t *testing.T) {
				path := filepath.Join(t.TempDir(), "a.db")
				c := database(t, path, spool.Name)
				exec(t, c, `CREATE TABLE t (n INTEGER, filler BLOB)`)
				if cache == "a cache for little" { // from which pages would be written before the end
					exec(t, c, `PRAGMA cache_size = 4`)
				}
				other := database(t, path, "unix")
				rows, sum := int64(n), int64(n)*int64(n+1)/2

				exec(t, c, `BEGIN`)
				exec(t, c, filling(n))
				holds(t, "in the transaction", c, rows, sum)
				holds(t, "outside of it", other, 0, 0)
				exec(t, c, `ROLLBACK`)
				holds(t, "undone", c, 0, 0)

				exec(t, c, filling(n))
				exec(t, c, `BEGIN`)
				exec(t, c, `UPDATE t SET n = n + 1`)
				exec(t, c, `UPDATE t SET n = n - 1`)
				exec(t, c, `COMMIT`)
				holds(t, "committed", c, rows, sum)
				holds(t, "committed, to another", other, rows, sum)

				holds(t, "after a crash", crashed(t, path), rows, sum)
			})
		}
	}
}

// TestWhatWasUndoneIsWrittenOverNobody has one connection undo a transaction in a
// cache that is too small for it, and another commit meanwhile.
func TestWhatWasUndoneIsWrittenOverNobody(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	c := database(t, path, spool.Name)
	exec(t, c, `CREATE TABLE t (n INTEGER, filler BLOB)`)
	exec(t, c, filling(60))
	exec(t, c, `PRAGMA wal_checkpoint(PASSIVE)`)
	exec(t, c, `PRAGMA cache_size = 4`)
	exec(t, c, `BEGIN IMMEDIATE`)
	exec(t, c, `UPDATE t SET n = n + 1000`)
	exec(t, c, `ROLLBACK`)
	other := database(t, path, "unix")
	exec(t, other, `UPDATE t SET n = n + 1`)
	const sum = 60*61/2 + 60
	holds(t, "another", other, 60, sum)
	holds(t, "the first", c, 60, sum)
	holds(t, "a third", database(t, path, "unix"), 60, sum)
	holds(t, "after a crash", crashed(t, path), 60, sum)
}

// TestATransactionIsOneCall counts the calls to the system that write.
func TestATransactionIsOneCall(t *testing.T) {
	c := database(t, filepath.Join(t.TempDir(), "a.db"), spool.Name)
	exec(t, c, `CREATE TABLE t (n INTEGER, filler BLOB)`)
	exec(t, c, filling(50))
	before := calls(t)
	const commits = 20
	for range commits {
		exec(t, c, `UPDATE t SET n = n + 1`) // in more than ten pages
	}
	if got := calls(t) - before; got < commits || got > 2*commits {
		t.Errorf("got %d calls for %d transactions", got, commits)
	}
}

// calls is how many calls that write this process has made.
func calls(t *testing.T) (n int) {
	t.Helper()
	data, err := os.ReadFile("/proc/self/io")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		if number, ok := strings.CutPrefix(line, "syscw: "); ok {
			if n, err = strconv.Atoi(strings.TrimSpace(number)); err != nil {
				t.Fatal(err)
			}
		}
	}
	return n
}

// TestWhatCannotBeWrittenIsUndone lets the log grow no further for a while.
func TestWhatCannotBeWrittenIsUndone(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "a.db")
	c := database(t, path, spool.Name)
	exec(t, c, `CREATE TABLE t (n INTEGER, filler BLOB)`)
	exec(t, c, filling(10))
	for _, n := range []int{20, 400} { // within what is gathered, and beyond
		limit(t, path+"-wal", func() {
			_, err := c.ExecContext(context.Background(), filling(n))
			var coded sqlite3.Error
			if !errors.As(err, &coded) || coded.Code != sqlite3.ErrIoErr && coded.Code != sqlite3.ErrFull {
				t.Errorf("%d KB: got error %v, want one of writing", n, err)
			}
		})
		holds(t, "after an error", c, 10, 55)
		exec(t, c, `DELETE FROM t WHERE n = 1`)
		exec(t, c, `INSERT INTO t VALUES (1, zeroblob(1000))`)
		holds(t, "another", database(t, path, "unix"), 10, 55)
	}
}

// limit runs f while no file of this process may become larger than that one.
func limit(t *testing.T, name string, f func()) {
	t.Helper()
	info, err := os.Stat(name)
	if err != nil {
		t.Fatal(err)
	}
	var old syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &old); err != nil {
		t.Fatal(err)
	}
	few := syscall.Rlimit{Cur: uint64(info.Size()) + 4096, Max: old.Max}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &few); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &old); err != nil {
			t.Error(err)
		}
	}()
	f()
}
