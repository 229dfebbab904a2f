package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Backup writes the database at path, as it stands, into the new file dst. A
// server may run meanwhile, but not in this process (see [Look]). The file gets its name when it is whole, on the
// disk, and checked as [Check] does. It replaces nothing: if there is something
// of that name, Backup returns an error that is fs.ErrExist.
func Backup(ctx context.Context, path, dst string) error {
	db, err := existing(ctx, path)
	if err != nil {
		return err
	}
	return save(ctx, db, path, dst)
}

// Backup writes the database as it stands into the new file dst, as the
// function of that name does.
func (s *Store) Backup(ctx context.Context, dst string) error {
	return save(ctx, sql.OpenDB(looking(s.path)), s.path, dst)
}

// save does what Backup does, and closes db.
func save(ctx context.Context, db *sql.DB, path, dst string) (err error) {
	defer db.Close() // nothing was written
	if _, err := os.Lstat(dst); err == nil {
		return taken(dst)
	}
	folder, err := os.MkdirTemp(filepath.Dir(dst), ".backup-*")
	if err != nil {
		return fmt.Errorf("making room for a backup: %w", err)
	}
	defer func() { err = cmp.Or(err, os.RemoveAll(folder)) }()
	// SQLite wants a file that is not there.
	whole := filepath.Join(folder, filepath.Base(dst))
	if _, err := db.ExecContext(ctx, `VACUUM INTO ?`, whole); err != nil {
		return failed("backing up the database "+path, err)
	}
	if err := os.Chmod(whole, 0o600); err != nil {
		return fmt.Errorf("keeping a backup from others: %w", err)
	}
	if err := Check(ctx, whole); err != nil {
		return fmt.Errorf("checking the backup: %w", err)
	}
	return publish(whole, dst)
}

// publish makes a file durable and then gives it its name, unless that is
// taken.
func publish(whole, name string) error {
	if err := settle(whole); err != nil {
		return err
	}
	if err := os.Link(whole, name); errors.Is(err, fs.ErrExist) {
		return taken(name)
	} else if err != nil {
		return fmt.Errorf("naming a backup: %w", err)
	}
	return settle(filepath.Dir(name))
}

func taken(name string) error {
	return fmt.Errorf("%s is there already: name another file for the backup (%w)", name, fs.ErrExist)
}

// settle waits until a file or folder is on the disk.
func settle(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return fmt.Errorf("making a backup durable: %w", err)
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("making a backup durable: %w", err)
	}
	return nil
}
