package main

import (
	"context"
	"fmt"
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
	if dst.stream {
		return f.stream(ctx, j, dst.path, told)
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
