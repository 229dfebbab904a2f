package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/saracen/fastzip"
)

// fast is this program too, packing by package fastzip, which packs many files
// at a time.
func fast() contender {
	return contender{name: "fastzip", command: func(ctx context.Context, root, out string) *exec.Cmd {
		return exec.CommandContext(ctx, "/proc/self/exe", "-fastzip", root, out)
	}}
}

// packFast packs a folder as fastzip does by default.
func packFast(ctx context.Context, root, out string) (err error) {
	files := make(map[string]fs.FileInfo)
	err = filepath.Walk(root, func(path string, info fs.FileInfo, err error) error {
		files[path] = info
		return err
	})
	if err != nil {
		return err
	}
	f, err := os.Create(out)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	a, err := fastzip.NewArchiver(f, root)
	if err != nil {
		return err
	}
	return errors.Join(a.Archive(ctx, files), a.Close())
}
