package main

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"example.org/carryout/app/client"
	"example.org/carryout/jobs"
)

// startCarryout builds the server as it is shipped, and runs it.
func startCarryout(ctx context.Context, tree, scratch string) (s server, base string, err error) {
	home, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", "example.org/carryout").Output()
	if err != nil {
		return s, "", fmt.Errorf("looking for carryout's own source: %w", err)
	}
	program := filepath.Join(scratch, "carryout")
	build := exec.CommandContext(ctx, "go", "build", "-C", strings.TrimSpace(string(home)), "-o", program, "./app/cmd/carryout")
	if out, err := build.CombinedOutput(); err != nil {
		return s, "", fmt.Errorf("building carryout: %w\n%s", err, out)
	}
	s = server{exec.CommandContext(ctx, program, "serve", "-addr", "127.0.0.1:0", "-data", filepath.Join(scratch, "data"), "-source", "tree="+tree)}
	s.Stderr = os.Stderr
	told, err := s.StdoutPipe()
	if err != nil {
		return s, "", err
	}
	if err := s.Start(); err != nil {
		return s, "", err
	}
	line, err := bufio.NewReader(told).ReadString('\n')
	if err != nil {
		return s, "", errors.Join(fmt.Errorf("waiting for carryout: %w", err), s.stop())
	}
	return s, strings.TrimSpace(strings.TrimPrefix(line, "listening on ")), nil
}

// carryout asks the server at base for a zip of that level.
func carryout(s server, base, level string) *contender {
	e := &export{api: client.Client{Base: base}, level: level}
	return &contender{name: "carryout, zip, " + level, server: s, fetch: e.fetch, check: e.check}
}

// An export is asked for again and again.
type export struct {
	api   client.Client
	level string

	job  jobs.ID   // the latest
	made jobs.File // and its file
}

// fetch asks, waits until the file is there, and downloads it.
func (e *export) fetch(ctx context.Context, file string) error {
	j, err := e.api.Submit(ctx, jobs.Spec{Source: "tree", Format: "zip", Options: map[string]string{"level": e.level}}, "")
	if err != nil {
		return err
	}
	e.job = j.ID
	if e.made, err = ready(ctx, &e.api, j.ID); err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, e.api.JobURL(j.ID)+"/file", nil)
	if err != nil {
		return err
	}
	return save(r, file)
}

// check looks whether the latest file is what the server has made, and has the
// server remove its own.
func (e *export) check(ctx context.Context, file string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close() // only read
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return err
	}
	if got := hex.EncodeToString(sum.Sum(nil)); got != e.made.SHA256 {
		return fmt.Errorf("the file has the SHA-256 %s and not %s", got, e.made.SHA256)
	}
	return e.api.Delete(ctx, e.job)
}

// ready follows a job until its file is there.
func ready(ctx context.Context, api *client.Client, id jobs.ID) (jobs.File, error) {
	for e, err := range api.Events(ctx, id, 0) {
		switch {
		case err != nil:
			return jobs.File{}, err
		case e.Kind == jobs.KindWarning:
			return jobs.File{}, fmt.Errorf("the job warns: %s", e.Warning.Message)
		case e.Kind == jobs.KindReady:
			return e.File, nil
		case e.Kind.Ends():
			return jobs.File{}, fmt.Errorf("the job is %s: %s%s", e.Kind, e.Failure.Message, e.Reason)
		}
	}
	return jobs.File{}, errors.New("the stream has no end")
}
