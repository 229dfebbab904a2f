package sqlite

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// headerSize is how much of a file is read to tell its version: of a database
// its header (https://www.sqlite.org/fileformat.html#the_database_header), in
// which changes are counted, of a log its header with its salts.
const headerSize = 100

// version names the state that a database is in: what its file and its
// write-ahead log tell of themselves. Every commit changes it. It may change
// without one, when the log is written back; then work starts over that could
// have gone on, which costs time and no truth.
func version(file string) (string, error) {
	h := sha256.New()
	for _, name := range []string{file, file + "-wal"} {
		if err := describe(h, name); err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// describe writes what tells one state of a file from another. An empty file
// is like none: readers make and remove an empty log.
func describe(w io.Writer, name string) error {
	f, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || info.Size() == 0 {
		return err
	}
	header := make([]byte, min(headerSize, info.Size()))
	if _, err := io.ReadFull(f, header); err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%d %d %x\n", info.Size(), info.ModTime().UnixNano(), header)
	return err
}

// sameVersion connects to the database and returns the version of the state
// that the connection sees. It is empty if somebody wrote at that very moment.
func sameVersion(file string, connect func() (*conn, error)) (c *conn, v string, err error) {
	before, berr := version(file)
	if c, err = connect(); err != nil {
		return nil, "", err
	}
	after, aerr := version(file)
	if berr != nil || aerr != nil || before != after {
		return c, "", nil
	}
	return c, after, nil
}
