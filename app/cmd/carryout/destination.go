package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"example.org/carryout/app/client"
	"example.org/carryout/jobs"
)

// possible says early what would be a pity to learn after the export.
func possible(to string) error {
	if to == "" || to == "-" {
		return nil
	}
	folder := filepath.Dir(to) // which is to itself if it ends in a slash
	info, err := os.Stat(folder)
	if err == nil && !info.IsDir() {
		err = errors.New("it is not a folder")
	}
	if err != nil {
		return fmt.Errorf("no file can be written in %s: %w", folder, err)
	}
	switch info, err := os.Stat(to); {
	case err == nil && info.IsDir():
		return nil // the server chooses the name
	case err == nil && info.Mode().Type() == fs.ModeSocket:
		return fmt.Errorf("%s is a socket, and nothing can be written to it as to a file", to)
	case err == nil && !info.Mode().IsRegular():
		return nil // it is written to as it stands
	}
	return client.Possible(to)
}

// destination is where a file goes.
type destination struct {
	path   string
	there  bool // it is there already
	stream bool // it is a device or a named pipe, which is written to and not replaced
}

// destination finds the place for the file. A name that was not asked for never
// takes the place of another file.
func (f *fetch) destination(ctx context.Context, j jobs.Job) (destination, error) {
	info, err := os.Stat(f.to)
	if folder := err == nil && info.IsDir(); f.to != "" && !folder && !os.IsPathSeparator(f.to[len(f.to)-1]) {
		return destination{path: f.to, stream: err == nil && !info.Mode().IsRegular()}, nil
	}
	path := filepath.Join(f.to, safeName(j.File.Name))
	got, err := sumOfRegular(ctx, path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return destination{path: path}, nil
	case err != nil:
		return destination{}, err
	case got != j.File.SHA256:
		return destination{}, fmt.Errorf("another %s is here already; to choose a name: carryout get -o FILE %s", path, f.client.JobURL(j.ID))
	}
	return destination{path: path, there: true}, f.settled(j, path)
}

// sumOfRegular is the SHA-256 of a file, and empty for what is no regular file,
// of which a read might never end.
func sumOfRegular(ctx context.Context, path string) (string, error) {
	file, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return "", err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return "", err
	}
	return sum(ctx, file)
}

// safeName is the last part of a name that somebody else has chosen, without
// what hides a file or moves the cursor.
func safeName(name string) string {
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	name = strings.TrimLeft(printable(name), ".")
	return cmp.Or(name, "export")
}
