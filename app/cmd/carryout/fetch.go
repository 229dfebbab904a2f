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

	"example.org/carryout/app/client"
	"example.org/carryout/jobs"
	"example.org/carryout/views/human"
	"example.org/carryout/views/words"
)

// fetch brings the file of one export here.
type fetch struct {
	sh     shell
	client *client.Client
	show   display
	to     string // as the flag has it: a file, a folder, "-", or nothing
}

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
	return nil
}

// run follows j until its file is ready, and downloads it.
func (f *fetch) run(ctx context.Context, j jobs.Job) error {
	err := f.both(ctx, j)
	f.show.end()
	if err != nil && ctx.Err() != nil {
		return &interruption{"interrupted; the export goes on. To fetch it later: " + f.command(j.ID)}
	}
	return err
}

func (f *fetch) both(ctx context.Context, j jobs.Job) (err error) {
	if !j.State.Done() {
		if j, err = follow(ctx, f.client, j, f.show.job); err != nil {
			return err
		}
	}
	if err := outcome(j); err != nil {
		return err
	}
	if j.Warnings > 0 {
		f.show.note(words.Warnings(j.Warnings))
	}
	name := printable(j.File.Name)
	told := func(done, total int64) { f.show.download(name, done, total) }
	if f.to == "-" {
		return f.client.Copy(ctx, f.sh.out, j, told)
	}
	dst, err := f.destination(ctx, j)
	if err != nil || dst.there {
		return err
	}
	if err := f.client.Download(ctx, j, dst.path, told); err != nil {
		return err
	}
	f.show.end()
	return f.settled(j, dst.path)
}

// settled says that the file is here.
func (f *fetch) settled(j jobs.Job, path string) error {
	f.show.note(fmt.Sprintf("%s is here, %s, checked", printable(path), human.Bytes(j.File.Size)))
	_, err := fmt.Fprintf(f.sh.out, "%s  %s\n", j.File.SHA256, path)
	return err
}

// destination is where a file goes.
type destination struct {
	path  string
	there bool // it is there already
}

// destination finds the place for the file. A name that was not asked for never
// takes the place of another file.
func (f *fetch) destination(ctx context.Context, j jobs.Job) (destination, error) {
	info, err := os.Stat(f.to)
	if folder := err == nil && info.IsDir(); f.to != "" && !folder && !os.IsPathSeparator(f.to[len(f.to)-1]) {
		return destination{path: f.to}, nil
	}
	path := filepath.Join(f.to, safeName(j.File.Name))
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return destination{path: path}, nil
	}
	if err != nil {
		return destination{}, err
	}
	defer file.Close()
	got, err := sum(ctx, file)
	if err != nil {
		return destination{}, err
	}
	if got != j.File.SHA256 {
		return destination{}, fmt.Errorf("another %s is here already; to choose a name: carryout get -o FILE %s", path, f.client.JobURL(j.ID))
	}
	return destination{path, true}, f.settled(j, path)
}

// safeName is the last part of a name that somebody else has chosen, without
// what hides a file or moves the cursor.
func safeName(name string) string {
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	name = strings.TrimLeft(printable(name), ".")
	return cmp.Or(name, "export")
}

// command is the line that goes on with a job.
func (f *fetch) command(id jobs.ID) string {
	line := "carryout get "
	if f.to != "" {
		line += "-o " + quoted(f.to) + " "
	}
	return line + f.client.JobURL(id)
}

// quoted is text as a shell takes it for one word.
func quoted(text string) string {
	if text != "" && strings.Trim(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/") == "" {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
