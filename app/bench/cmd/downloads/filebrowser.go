package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"path/filepath"
	"time"
)

// startFilebrowser runs filebrowser with a database of its own, in which
// everybody is signed in.
func startFilebrowser(ctx context.Context, program, tree, scratch string) (*contender, error) {
	database := filepath.Join(scratch, "filebrowser.db")
	for _, args := range [][]string{
		{"config", "init", "--auth.method=noauth", "--database", database},
		{"users", "add", "somebody", rand.Text(), "--database", database},
	} {
		if out, err := exec.CommandContext(ctx, program, args...).CombinedOutput(); err != nil {
			return nil, fmt.Errorf("setting filebrowser up: %w\n%s", err, out)
		}
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	base := "http://127.0.0.1:" + port
	s := server{exec.CommandContext(ctx, program, "--database", database, "--root", tree, "--address", "127.0.0.1", "--port", port)}
	if err := s.Start(); err != nil {
		return nil, err
	}
	token, err := login(ctx, base)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("signing in to filebrowser: %w", err), s.stop())
	}
	fetch := func(ctx context.Context, file string) error {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/api/raw/?algo=zip", nil)
		if err != nil {
			return err
		}
		r.Header.Set("X-Auth", token)
		return save(r, file)
	}
	return &contender{name: "filebrowser, zip", server: s, fetch: fetch}, nil
}

// login waits until the server answers, and returns what its page would have
// from it.
func login(ctx context.Context, base string) (token string, err error) {
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for range 200 {
		if token, err = signIn(ctx, base); err == nil {
			return token, nil
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}
	return "", err
}

func signIn(ctx context.Context, base string) (string, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, base+"/api/login", nil)
	if err != nil {
		return "", err
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return "", fmt.Errorf("it answers %s", resp.Status)
	}
	token, err := io.ReadAll(io.LimitReader(resp.Body, 1<<16))
	return string(token), err
}
