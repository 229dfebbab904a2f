package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// A contender is a server that can be measured.
type contender struct {
	name  string
	start func(ctx context.Context, name string) (*server, error)
}

// all lists the contenders, ours first.
var all = []contender{
	{"carryout", startSelf},
	{"carryout-nethttp", startSelf},
	{"mercure", startSelf},
	{"go-sse", startSelf},
	{"r3labs", startSelf},
	{"nchan", startNchan},
}

// present are those that were asked for and can be had here.
func present(only []string) (found []contender) {
	for _, c := range all {
		if len(only) > 0 && !slices.Contains(only, c.name) || c.name == "nchan" && !nchanInstalled() {
			continue
		}
		found = append(found, c)
	}
	return found
}

// A server is a contender that runs.
type server struct {
	addr string
	pid  int                       // of the process that serves
	hear func(topic string) string // path of a stream
	say  func(ctx context.Context, topic string, first, n int64) error
	each func(ctx context.Context, topics, first, n int64) error // tells n events in each topic, one every interval
	stop func() error
}

// startSelf runs this program as the contender of that name, on a core of its
// own.
func startSelf(ctx context.Context, name string) (*server, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := bound(ctx, self, "-serve", name)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	addr, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return nil, errors.Join(fmt.Errorf("starting %s: %w", name, err), cmd.Wait())
	}
	addr = strings.TrimSpace(addr)
	return &server{
		addr: addr, pid: cmd.Process.Pid,
		hear: func(topic string) string { return "/hear?" + url.Values{"topic": {topic}, "stream": {topic}}.Encode() },
		say: func(ctx context.Context, topic string, first, n int64) error {
			return post(ctx, fmt.Sprintf("http://%s/say?topic=%s&first=%d&n=%d", addr, topic, first, n), "")
		},
		each: func(ctx context.Context, topics, first, n int64) error {
			return post(ctx, fmt.Sprintf("http://%s/each?topics=%d&first=%d&n=%d", addr, topics, first, n), "")
		},
		stop: func() error {
			if err := cmd.Process.Signal(os.Interrupt); err != nil {
				return err
			}
			err := cmd.Wait()
			if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
				return fmt.Errorf("%s: %w", name, err)
			}
			return err
		},
	}, nil
}

// bound is a command that runs on the contenders' core.
func bound(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "taskset", slices.Concat([]string{"-c", serverCore, name}, args)...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 5 * time.Second
	return cmd
}

func post(ctx context.Context, address, body string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(body))
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if _, err := io.Copy(io.Discard, answer.Body); err != nil {
		return err
	}
	if answer.StatusCode >= 300 {
		return fmt.Errorf("%s: %s", address, answer.Status)
	}
	return nil
}
