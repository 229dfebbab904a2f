package main

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"example.org/carryout/app/client"
	"example.org/carryout/jobs"
)

// startCarryout builds the server as it is shipped, and runs it.
func startCarryout(ctx context.Context, tree, scratch string) (*contender, error) {
	home, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", "example.org/carryout").Output()
	if err != nil {
		return nil, fmt.Errorf("looking for carryout's own source: %w", err)
	}
	program := filepath.Join(scratch, "carryout")
	build := exec.CommandContext(ctx, "go", "build", "-C", strings.TrimSpace(string(home)), "-o", program, "./app/cmd/carryout")
	if out, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("building carryout: %w\n%s", err, out)
	}
	c := &contender{name: "carryout, zip", server: exec.CommandContext(ctx, program, "serve", "-addr", "127.0.0.1:0", "-data", filepath.Join(scratch, "data"), "-source", "tree="+tree)}
	c.server.Stderr = os.Stderr
	told, err := c.server.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := c.server.Start(); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(told).ReadString('\n')
	if err != nil {
		return nil, errors.Join(fmt.Errorf("waiting for carryout: %w", err), c.stop())
	}
	api := &client.Client{Base: strings.TrimSpace(strings.TrimPrefix(line, "listening on "))}
	var latest jobs.ID
	c.fetch = func(ctx context.Context, file string) error {
		j, err := api.Submit(ctx, jobs.Spec{Source: "tree", Format: "zip"}, "")
		if err != nil {
			return err
		}
		latest = j.ID
		made, err := ready(ctx, api, j.ID)
		if err != nil {
			return err
		}
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, api.JobURL(j.ID)+"/file", nil)
		if err != nil {
			return err
		}
		sum := sha256.New()
		if err := save(r, file, sum); err != nil {
			return err
		}
		if got := hex.EncodeToString(sum.Sum(nil)); got != made.SHA256 {
			return fmt.Errorf("the file has the SHA-256 %s and not %s", got, made.SHA256)
		}
		return nil
	}
	c.tidy = func(ctx context.Context) error { return api.Delete(ctx, latest) }
	return c, nil
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
