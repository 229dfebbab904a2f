package main

import (
	"context"
	"errors"
	"fmt"
	"hash"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// A contender is a server that hands out a folder as a zip. It ends with the
// context that it was started with, or by stop.
type contender struct {
	name    string
	server  *exec.Cmd
	fetch   func(ctx context.Context, file string) error // from the click to the file
	tidy    func(ctx context.Context) error              // afterwards, and not measured; nil: there is nothing to
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
	before, err := c.cpu()
	if err != nil {
		return r, err
	}
	began, own := time.Now(), ownCPU()
	if err := c.fetch(ctx, file); err != nil {
		return r, err
	}
	r.took, r.own = time.Since(began), ownCPU()-own
	after, err := c.cpu()
	if err != nil {
		return r, err
	}
	r.cpu = after - before
	info, err := os.Stat(file)
	if err != nil {
		return r, err
	}
	r.size = info.Size()
	if c.tidy != nil {
		if err := c.tidy(ctx); err != nil {
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

// tick is what Linux counts the time of processes in, on all machines that Go
// runs on (https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html).
const tick = 10 * time.Millisecond

// cpu is the time that the server has spent on the processors.
func (c *contender) cpu() (time.Duration, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", c.server.Process.Pid))
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(text), ") ") // the name before may have spaces
	fields := strings.Fields(rest)
	var sum time.Duration
	for _, i := range []int{11, 12} { // of the user and of the system
		n, err := strconv.ParseInt(fields[i], 10, 64)
		if err != nil {
			return 0, err
		}
		sum += time.Duration(n) * tick
	}
	return sum, nil
}

// ownCPU is the time that this process has spent on the processors.
func ownCPU() time.Duration {
	var used syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &used) // which cannot fail
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// stop ends the server.
func (c *contender) stop() error {
	if err := c.server.Process.Signal(os.Interrupt); err != nil {
		return err
	}
	var failed *exec.ExitError
	if err := c.server.Wait(); err != nil && !errors.As(err, &failed) {
		return err // how it ends tells nothing
	}
	return nil
}

// save writes the answer to a request into a file, syncs it, and gives what
// comes to sum, which may be nil.
func save(r *http.Request, file string, sum hash.Hash) (err error) {
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
	var from io.Reader = resp.Body
	if sum != nil {
		from = io.TeeReader(resp.Body, sum)
	}
	if _, err := io.CopyBuffer(struct{ io.Writer }{f}, from, make([]byte, 256<<10)); err != nil {
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
