package client_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"example.org/carryout/app/client"
	"example.org/carryout/jobs"
)

const id = jobs.ID("ABCDEFGHIJKLMNOPQRSTUVWXYZ")

var began = time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)

// A script is what a server does, one request after the other; the last step
// is for all that follow.
type script []http.HandlerFunc

// seen is what a server was asked, and what a client waited.
type seen struct {
	mu       sync.Mutex
	requests []*http.Request
	waits    []time.Duration
}

func (s *seen) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.requests)
}

// header returns a header of the request of that number, counting from 0.
func (s *seen) header(i int, name string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i >= len(s.requests) {
		return "(not asked)"
	}
	return s.requests[i].Header.Get(name)
}

// serve starts a server that follows the script, and a client of it that does
// not really wait.
func serve(t *testing.T, steps script) (*client.Client, *seen) {
	t.Helper()
	s := &seen{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		step := steps[min(len(s.requests), len(steps)-1)]
		s.requests = append(s.requests, r.Clone(r.Context())) // steps may change theirs
		s.mu.Unlock()
		step(w, r)
	}))
	t.Cleanup(server.Close)
	wait := func(ctx context.Context, d time.Duration) error {
		s.waits = append(s.waits, d)
		return ctx.Err()
	}
	return &client.Client{Base: server.URL, HTTP: server.Client(), Wait: wait}, s
}

func problem(status int, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/problem+json")
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		w.Write([]byte(`{"type":"about:blank","title":"No","status":1,"code":"some_code","detail":"Do something else.","field":"paths"}`))
	}
}

// breaks ends the connection in the middle of the answer.
func breaks(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

// artifact is a file and its job.
type artifact struct {
	data []byte
	job  jobs.Job
}

func newArtifact(n int) artifact {
	data := make([]byte, n)
	for i := range data {
		data[i] = byte(i * i >> 7)
	}
	sum := sha256.Sum256(data)
	return artifact{data, jobs.Job{ID: id, State: jobs.Ready, LastEvent: 3,
		File: jobs.File{Name: "docs.zip", Size: int64(n), Type: "application/zip", SHA256: hex.EncodeToString(sum[:])}}}
}

// serve answers a download as the real server does.
func (a artifact) serve(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("ETag", `"`+a.job.File.SHA256+`"`)
	http.ServeContent(w, r, "", began, bytes.NewReader(a.data))
}

// cutAfter breaks the connection after n bytes of the answer.
func (a artifact) cutAfter(n int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		a.serve(&cutter{w, n}, r)
	}
}

type cutter struct {
	http.ResponseWriter
	left int
}

func (c *cutter) Write(p []byte) (int, error) {
	c.ResponseWriter.Write(p[:min(len(p), c.left)])
	if c.left -= len(p); c.left < 0 {
		c.ResponseWriter.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	}
	return len(p), nil
}
