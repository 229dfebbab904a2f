//go:build long

package walk_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

const (
	many       = 10_000
	mostMemory = 6 << 10         // bytes of the server's memory for one who follows and is told nothing
	mostStop   = 2 * time.Second // one on a quiet machine
)

// Ten thousand sockets follow: one half a job, the other half the feed.
func TestTenThousandFollowersAreLightAndSoonToldOfAStop(t *testing.T) {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil || limit.Cur < many*4/3 {
		t.Fatalf("got %d files that may be open, and %v, which is too few for this test", limit.Cur, err)
	}
	s := startPlain(t, "-source", "docs="+tree(t), "-workers", "1", "-throttle=20000")
	running := s.follow("/jobs/"+s.submit(spec("docs", "tar")).text("id")+"/events", "")
	for e, err := running.next(); e.name != "progress"; e, err = running.next() { // from then on its memory does not grow
		if err != nil {
			t.Fatal(err)
		}
	}
	waiting := s.submit(spec("docs", "zip")).text("id") // behind the other: nothing happens to it
	paths := []string{"/jobs/" + waiting + "/events", "/events?events=message"}

	// The first ones make the server load all it needs.
	for i := range 100 {
		dialStream(t, s, paths[i%2]).Close()
	}
	before := s.memory()
	var all []*bufio.Reader
	began := time.Now()
	for i := range many {
		conn := dialStream(t, s, paths[i%2])
		all = append(all, conn.in)
		defer conn.Close()
	}
	joined := time.Since(began)
	each := (s.memory() - before) / many
	t.Logf("%d followers joined in %v and take %d bytes each", many, joined, each)
	if each > mostMemory {
		t.Errorf("got %d bytes a follower, want at most %d", each, mostMemory)
	}

	began = time.Now()
	if resp, body := s.call("PUT", "/publish", `{"message":"hello"}`); resp.StatusCode != http.StatusAccepted {
		t.Fatalf("got %s: %s", resp.Status, body)
	}
	for i := 1; i < many; i += 2 {
		untilLine(t, all[i], "data: hello")
	}
	t.Logf("half of them were told a message in %v", time.Since(began))

	began = time.Now()
	if code := s.stop(syscall.SIGTERM); code != 0 {
		t.Errorf("got exit status %d, want 0", code)
	}
	stopped := time.Since(began)
	t.Logf("the stop took %v", stopped)
	if stopped > mostStop {
		t.Errorf("got %v for the stop, want at most %v", stopped, mostStop)
	}
	waits := make(map[string]int)
	for i, in := range all {
		waits[untilLine(t, in, "retry: ")]++
		if rest, err := io.ReadAll(in); err != nil || !strings.HasSuffix(string(rest), "\r\n0\r\n\r\n") {
			t.Fatalf("follower %d: got %q and %v, want a proper end", i, rest, err)
		}
	}
	if len(waits) < 2000 {
		t.Errorf("got %d different times to come back, want them spread", len(waits))
	}
}

// startPlain starts a server that was built without the race detector, whose
// memory and speed would not be those of the real one.
func startPlain(t *testing.T, args ...string) *server {
	t.Helper()
	built := filepath.Join(t.TempDir(), "carryout")
	run(t, "go", "build", "-o", built, "../cmd/carryout")
	s := &server{t: t, args: append([]string{"serve", "-addr", "127.0.0.1:0", "-data", t.TempDir()}, args...), bin: built}
	s.start()
	t.Cleanup(s.kill)
	return s
}

// memory is the resident memory of the server.
func (s *server) memory() int64 {
	s.t.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", s.cmd.Process.Pid))
	if err != nil {
		s.t.Fatal(err)
	}
	pages, err := strconv.ParseInt(string(bytes.Fields(b)[1]), 10, 64)
	if err != nil {
		s.t.Fatal(err)
	}
	return pages * int64(os.Getpagesize())
}

// A socket is a connection on which a stream comes, with a small buffer.
type socket struct {
	net.Conn
	in *bufio.Reader
}

// dialStream opens a stream and waits for its greeting.
func dialStream(t *testing.T, s *server, path string) socket {
	t.Helper()
	host := strings.TrimPrefix(s.url, "http://")
	conn, err := net.Dial("tcp", host)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", path, host); err != nil {
		t.Fatal(err)
	}
	in := bufio.NewReaderSize(conn, 1024)
	untilLine(t, in, "retry: 2000")
	return socket{conn, in}
}

// untilLine reads lines until one begins so.
func untilLine(t *testing.T, in *bufio.Reader, prefix string) string {
	t.Helper()
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			t.Fatalf("waiting for %q: %v", prefix, err)
		}
		if strings.HasPrefix(line, prefix) {
			return line
		}
	}
}
