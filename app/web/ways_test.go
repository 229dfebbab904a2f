package web_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"example.org/carryout/app/web"
	"example.org/carryout/jobs"
	"example.org/carryout/jobs/sqlite"
	"example.org/carryout/jobs/store"
	"example.org/carryout/jobs/wire"
)

// A way is how a stream comes to its client.
type way struct {
	plain    bool // by net/http also where the connection could be taken over
	tls      bool
	protocol string // of the answer
	asks     func(p *http.Protocols)
}

var ways = map[string]way{
	"the crew":           {protocol: "HTTP/1.1"},
	"net/http":           {plain: true, protocol: "HTTP/1.1"},
	"TLS":                {tls: true, protocol: "HTTP/1.1"},
	"HTTP/2 over TLS":    {tls: true, protocol: "HTTP/2.0", asks: func(p *http.Protocols) { p.SetHTTP2(true) }},
	"HTTP/2 without TLS": {protocol: "HTTP/2.0", asks: func(p *http.Protocols) { p.SetUnencryptedHTTP2(true) }},
	"HTTP/1.0, the crew": {protocol: "HTTP/1.0"},
	"HTTP/1.0, net/http": {plain: true, protocol: "HTTP/1.0"},
}

// site is a house that can be reached by one way.
type site struct {
	*house
	t        *testing.T
	url      string
	client   *http.Client
	gate     func() int // streams that are open
	stopping chan struct{}
}

// open builds a house without workers, so that a job does what the test says.
func (w way) open(t *testing.T, change func(*web.Site)) *site {
	t.Helper()
	s := &site{t: t, stopping: make(chan struct{})}
	s.house = buildWith(t, 0, sqlite.Options{}, func(site *web.Site) {
		site.Plain, site.Stopping = w.plain, s.stopping
		if change != nil {
			change(site)
		}
		s.gate = site.Gate.Open
	})
	server := httptest.NewUnstartedServer(s.house)
	server.Config.WriteTimeout = time.Minute // as ours has
	server.Config.Protocols = new(http.Protocols)
	server.Config.Protocols.SetHTTP1(true)
	server.Config.Protocols.SetHTTP2(true)
	server.Config.Protocols.SetUnencryptedHTTP2(true)
	server.EnableHTTP2 = true
	if w.tls {
		server.StartTLS()
	} else {
		server.Start()
	}
	t.Cleanup(server.Close)
	asks := new(http.Protocols)
	if w.asks == nil {
		asks.SetHTTP1(true)
	} else {
		w.asks(asks)
	}
	transport := &http.Transport{Protocols: asks, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
	if w.protocol == "HTTP/1.0" {
		transport.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
			c, err := new(net.Dialer).DialContext(ctx, network, addr)
			return oldConn{c}, err
		}
	}
	t.Cleanup(transport.CloseIdleConnections)
	s.url, s.client = server.URL, &http.Client{Transport: transport}
	return s
}

// oldConn asks with HTTP/1.0.
type oldConn struct{ net.Conn }

func (c oldConn) Write(b []byte) (int, error) {
	_, err := c.Conn.Write([]byte(strings.Replace(string(b), " HTTP/1.1\r\n", " HTTP/1.0\r\n", 1)))
	return len(b), err
}

// ask asks for a stream.
func (s *site) ask(method, path string, header ...string) *http.Response {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	resp, err := s.client.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { resp.Body.Close() })
	return resp
}

// running starts a job, and returns its lease.
func (s *site) running() store.Lease {
	s.t.Helper()
	if _, _, err := s.store.Submit(s.t.Context(), jobs.Spec{Source: "docs", Format: "zip"}, store.SubmitOptions{Owner: "everybody"}); err != nil {
		s.t.Fatal(err)
	}
	l, err := s.store.Claim(s.t.Context(), "test")
	if err != nil {
		s.t.Fatal(err)
	}
	return l
}

// tell adds an event to a job.
func (s *site) tell(l store.Lease, e jobs.Event) {
	s.t.Helper()
	if err := s.store.Append(s.t.Context(), l, nil, e); err != nil {
		s.t.Fatal(err)
	}
}

func warning(text string) jobs.Event {
	return jobs.Event{Kind: jobs.KindWarning, Warning: jobs.Warning{Code: "changed", Message: text, Count: 1}}
}

// until reads lines until one begins so.
func until(t *testing.T, in *bufio.Reader, prefix string) string {
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

// idle waits until no stream is open.
func (s *site) idle() {
	s.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); s.gate() > 0; {
		if time.Now().After(deadline) {
			s.t.Fatalf("got %d open streams, want none", s.gate())
		}
		select {
		case <-time.After(5 * time.Millisecond):
		case <-s.t.Context().Done():
		}
	}
}

// numbers are those of the events of a whole stream.
func numbers(t *testing.T, body io.Reader) (all []int64) {
	t.Helper()
	in := wire.NewReader(body)
	for {
		f, err := in.Next()
		if err == io.EOF {
			return all
		}
		if err != nil {
			t.Fatalf("after %v: %v", all, err)
		}
		n, err := strconv.ParseInt(f.ID, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, n)
	}
}
