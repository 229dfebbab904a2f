package carrier_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"example.org/carryout/app/carrier"
	"example.org/carryout/jobs/tail"
)

// A hall is a server on which everybody follows one log.
type hall struct {
	*httptest.Server
	log, other *tail.Log
	left       sync.WaitGroup // lines that have not ended
	stop       func()
}

func open(t *testing.T) *hall {
	t.Helper()
	h := &hall{log: tail.NewLog(0, 1<<20), other: tail.NewLog(0, 1<<20)}
	crew := carrier.New(time.Minute)
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- crew.Serve(ctx) }()
	h.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.left.Add(1)
		w.Header().Set("X-Kept", "yes")
		l, err := crew.Open(w, r, http.StatusAccepted, h.left.Done)
		if err != nil {
			h.left.Done()
			t.Error(err)
			return
		}
		if err := l.Tell([]byte("greeting\n")); err != nil {
			t.Error(err)
		}
		log := h.log
		if r.URL.Path == "/other" {
			log = h.other
		}
		l.Follow(log.Follow(0, nil, l))
	}))
	t.Cleanup(func() { h.stop(); h.Close() })
	return h
}

// A hundred follow, some of them now and then with a pause. Each gets every
// entry once and in order, however large, and is told of the stop.
func TestEverybodyGetsEverythingInOrder(t *testing.T) {
	const followers, entries = 100, 200
	h := open(t)
	var heard sync.WaitGroup
	stopped := make(chan struct{})
	var all sync.WaitGroup
	for i := range followers {
		heard.Add(1)
		all.Go(func() {
			once := sync.OnceFunc(heard.Done)
			defer once()
			resp, err := http.Get(h.URL)
			if err != nil {
				t.Error(err)
				return
			}
			defer resp.Body.Close()
			if resp.StatusCode != http.StatusAccepted || resp.Header.Get("X-Kept") != "yes" || !resp.Close {
				t.Errorf("got %s, %v, want 202 with the header that was set, and a connection that ends", resp.Status, resp.Header)
			}
			in := bufio.NewReader(resp.Body)
			if line, err := in.ReadString('\n'); err != nil || line != "greeting\n" {
				t.Errorf("got %q and %v, want the greeting", line, err)
			}
			for n := range entries {
				line, err := in.ReadString('\n')
				number, _, _ := strings.Cut(line, " ")
				if err != nil || number != fmt.Sprint(n) {
					t.Errorf("follower %d: got %q and %v, want entry %d", i, number, err, n)
					return
				}
				if i%10 == 0 && n%50 == 0 {
					<-time.After(rand.N(50 * time.Millisecond))
				}
			}
			once()
			<-stopped
			rest, err := io.ReadAll(in)
			if err != nil || !strings.HasPrefix(string(rest), "retry: ") {
				t.Errorf("got %q and %v, want to be told when to come back", rest, err)
			}
		})
	}
	for n := range entries {
		text := fmt.Sprintln(n, strings.Repeat("x", rand.IntN(60)*rand.IntN(60)))
		h.log.Append(tail.Entry{Seq: int64(n + 1), Text: []byte(text)})
	}
	heard.Wait()
	h.stop()
	close(stopped)
	all.Wait()
	h.left.Wait() // every line has ended
	if got := h.log.Followers(); got != 0 {
		t.Errorf("got %d followers after the stop, want none", got)
	}
}

// What does not fit into the connections stays in the log, and each goes on in
// the middle of an entry where it was, with chunks and without.
func TestWhoIsSlowGetsEverythingInOrderToo(t *testing.T) {
	const entries = 400
	h := open(t)
	var joined, all sync.WaitGroup
	told := make(chan struct{})
	for i := range 8 {
		joined.Add(1)
		all.Go(func() {
			once := sync.OnceFunc(joined.Done)
			defer once()
			conn, err := net.Dial("tcp", h.Listener.Addr().String())
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.Close()
			if err := conn.(*net.TCPConn).SetReadBuffer(1 << 16); err != nil {
				t.Error(err)
			}
			fmt.Fprintf(conn, "GET %s HTTP/1.%d\r\nHost: x\r\n\r\n", []string{"/", "/other"}[i/2%2], i%2)
			resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				t.Error(err)
				return
			}
			in := bufio.NewReader(resp.Body)
			if line, err := in.ReadString('\n'); err != nil || line != "greeting\n" {
				t.Errorf("got %q and %v, want the greeting", line, err)
			}
			once()
			<-told
			for n := range entries {
				if line, err := in.ReadString('\n'); err != nil || line != slowEntry(n+400*(i/2%2)) {
					t.Errorf("HTTP/1.%d: got %d bytes that begin with %.9q and %v, want entry %d", i%2, len(line), line, err, n)
					return
				}
			}
		})
	}
	joined.Wait()
	for n := range entries {
		h.log.Append(tail.Entry{Seq: int64(n + 1), Text: []byte(slowEntry(n))})
		h.other.Append(tail.Entry{Seq: int64(n + 1), Text: []byte(slowEntry(n + 400))})
	}
	close(told)
	all.Wait()
}

// slowEntry is an entry of 2,200 bytes, all of which together lag less than is
// allowed.
func slowEntry(n int) string {
	return fmt.Sprintf("%03d%s\n", n, strings.Repeat(fmt.Sprint(n%10), 2196))
}

// Who is behind when the crew stops, and reads on, is told of the stop as well.
func TestWhoIsStuckAtTheStopIsToldOfIt(t *testing.T) {
	h := open(t)
	client := http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, addr)
		if err == nil {
			err = conn.(*net.TCPConn).SetReadBuffer(1 << 16)
		}
		return conn, err
	}}}
	resp, err := client.Get(h.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	for n := range 12 {
		h.log.Append(tail.Entry{Seq: int64(n + 1), Text: []byte(strings.Repeat("x", 1<<16) + "\n")})
	}
	<-time.After(100 * time.Millisecond) // the connection is full
	ended := make(chan struct{})
	go func() { defer close(ended); h.stop() }()
	<-time.After(20 * time.Millisecond) // the stop has begun
	got, err := io.ReadAll(resp.Body)
	if err != nil || !strings.Contains(string(got), "\nretry: ") {
		t.Errorf("got %d bytes and %v, want to be told when to come back", len(got), err)
	}
	<-ended
}

func TestWhatCannotBeTakenOverIsLeftAlone(t *testing.T) {
	crew := carrier.New(time.Minute)
	r := httptest.NewRequest("GET", "/", nil)
	if _, err := crew.Open(httptest.NewRecorder(), r, http.StatusOK, func() { t.Error("leave was called") }); err == nil || !strings.Contains(err.Error(), http.ErrNotSupported.Error()) {
		t.Errorf("got %v, want %v", err, http.ErrNotSupported)
	}
	for method, want := range map[string]bool{"GET": true, "POST": true, "HEAD": false} {
		if got := carrier.Takes(httptest.NewRequest(method, "http://x/", nil)); got != want {
			t.Errorf("%s: got %v, want %v", method, got, want)
		}
	}
	if carrier.Takes(httptest.NewRequest("GET", "https://x/", nil)) {
		t.Error("a connection with TLS is to be taken over")
	}
}
