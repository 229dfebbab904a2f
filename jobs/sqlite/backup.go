package sqlite

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Backup writes the database at path, as it stands, into the file dst. A
// server may run meanwhile. The file gets its name when it is whole and on the
// disk; one of that name is replaced then and not before.
func Backup(ctx context.Context, path, dst string) (err error) {
	if err := apart(path, dst); err != nil {
		return err
	}
	db, err := existing(ctx, path)
	if err != nil {
		return err
	}
	defer db.Close() // nothing was written
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
	return publish(whole, dst)
}

// Backup writes the database as it stands into the file dst, as the function
// of that name does.
func (s *Store) Backup(ctx context.Context, dst string) error { return Backup(ctx, s.path, dst) }

// apart makes sure that dst is not the database itself or a part of it.
func apart(path, dst string) error {
	to, err := os.Stat(dst)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("looking for an older backup: %w", err)
	}
	if !to.Mode().IsRegular() {
		return fmt.Errorf("the backup %s would replace what is no file", dst)
	}
	for _, part := range []string{"", "-wal", "-shm"} {
		if from, err := os.Stat(path + part); err == nil && os.SameFile(from, to) {
			return fmt.Errorf("the backup %s would replace the database: name another file", dst)
		}
	}
	return nil
}

// publish makes a file durable and then gives it its name.
func publish(whole, name string) error {
	if err := settle(whole); err != nil {
		return err
	}
	if err := os.Rename(whole, name); err != nil {
		return fmt.Errorf("naming a backup: %w", err)
	}
	return settle(filepath.Dir(name))
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
