package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"syscall"
	"time"
)

// A contender is a way to have a server hand out the folder.
type contender struct {
	name    string
	server  server
	fetch   func(ctx context.Context, file string) error // from the click to the file
	check   func(ctx context.Context, file string) error // afterwards, and not measured; nil: there is nothing to do
	results []result
}

// A result is what one round took.
type result struct {
	took time.Duration
	cpu  time.Duration // of the server
	own  time.Duration // and of this process, which is the client
	size int64         // bytes
}

// round fetches the file once, looks at it, and removes it.
func (c *contender) round(ctx context.Context, file string) (r result, err error) {
	before, err := c.server.cpu()
	if err != nil {
		return r, err
	}
	began, own := time.Now(), ownCPU()
	if err := c.fetch(ctx, file); err != nil {
		return r, err
	}
	r.took, r.own = time.Since(began), ownCPU()-own
	after, err := c.server.cpu()
	if err != nil {
		return r, err
	}
	r.cpu = after - before
	info, err := os.Stat(file)
	if err != nil {
		return r, err
	}
	r.size = info.Size()
	if c.check != nil {
		if err := c.check(ctx, file); err != nil {
			return r, err
		}
	}
	return r, os.Remove(file)
}

// median returns that of some time of all rounds, in seconds.
func (c *contender) median(of func(result) time.Duration) float64 {
	all := make([]time.Duration, len(c.results))
	for i, r := range c.results {
		all[i] = of(r)
	}
	slices.Sort(all)
	return all[len(all)/2].Seconds()
}

// ownCPU is the time that this process has spent on the processors.
func ownCPU() time.Duration {
	var used syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &used) // which cannot fail
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// save writes the answer to a request into a file, and syncs it.
func save(r *http.Request, file string) (err error) {
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", r.URL, resp.Status)
	}
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if _, err := io.CopyBuffer(struct{ io.Writer }{f}, resp.Body, make([]byte, 256<<10)); err != nil {
		return err
	}
	return f.Sync()
}

// freePort returns a port at which nobody listens.
func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, errors.Join(err, l.Close())
}
