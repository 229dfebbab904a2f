package server_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"example.org/carryout/app/server"
)

// config is what a small server needs.
func config(t *testing.T) server.Config {
	t.Helper()
	docs := t.TempDir()
	if err := os.WriteFile(filepath.Join(docs, "a.txt"), make([]byte, 1<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	return server.Config{Addr: "127.0.0.1:0", Data: t.TempDir(), Sources: []string{"docs=" + docs}, Log: slog.New(slog.DiscardHandler)}
}

// serve runs a server, calls use with its address, stops it, and returns its
// error.
func serve(t *testing.T, c server.Config, use func(url string)) error {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	addr, end := make(chan string, 1), make(chan error, 1)
	c.Ready = func(a string) { addr <- a }
	go func() { end <- server.Run(ctx, c) }()
	select {
	case a := <-addr:
		use("http://" + a)
	case err := <-end:
		return err
	}
	cancel()
	return <-end
}

func TestNoGoroutineIsLeftAfterAStop(t *testing.T) {
	before := runtime.NumGoroutine()
	c := config(t)
	c.Throttle = 100_000 // so that a job is running when the server stops
	client := &http.Client{Transport: &http.Transport{}}
	var streams []*http.Response
	err := serve(t, c, func(url string) {
		for range 3 {
			resp, err := client.Post(url+"/jobs", "application/json", strings.NewReader(`{"source":"docs","format":"zip"}`))
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			for _, path := range []string{resp.Header.Get("Location") + "/events", "/events"} {
				st, err := client.Get(url + path)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := st.Body.Read(make([]byte, 1)); err != nil {
					t.Fatal(err)
				}
				streams = append(streams, st)
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, st := range streams {
		if _, err := io.Copy(io.Discard, st.Body); err != nil {
			t.Errorf("got %v, want streams that end properly", err)
		}
		st.Body.Close()
	}
	client.CloseIdleConnections()
	for deadline := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > before; runtime.Gosched() {
		if time.Now().After(deadline) {
			stacks := make([]byte, 1<<20)
			t.Fatalf("got %d goroutines, want %d\n%s", runtime.NumGoroutine(), before, stacks[:runtime.Stack(stacks, true)])
		}
	}
}

func TestASecondServerIsKeptAway(t *testing.T) {
	c := config(t)
	err := serve(t, c, func(string) {
		second := serve(t, c, func(string) { t.Error("the second server runs") })
		if second == nil || !strings.Contains(second.Error(), "another carryout server") {
			t.Errorf("got %v, want to be told of the other server", second)
		}
	})
	if err != nil {
		t.Error(err)
	}
	if err := serve(t, c, func(string) {}); err != nil {
		t.Errorf("after the first has stopped: %v", err)
	}
}

func TestWhatCannotWorkIsSaidAtTheStart(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(*server.Config)
		want   string
	}{
		{"all addresses", func(c *server.Config) { c.Addr = ":0" }, "-insecure"},
		{"another machine's view", func(c *server.Config) { c.Addr = "0.0.0.0:0" }, "-insecure"},
		{"no port", func(c *server.Config) { c.Addr = "127.0.0.1" }, "HOST:PORT"},
		{"no name", func(c *server.Config) { c.Sources = []string{"/tmp"} }, "NAME=FOLDER"},
		{"a bad name", func(c *server.Config) { c.Sources = []string{"a/b=/tmp"} }, "name of a source"},
		{"a name twice", func(c *server.Config) { c.Sources = append(c.Sources, c.Sources...) }, "two sources"},
		{"no such folder", func(c *server.Config) { c.Sources = []string{"x=/does/not/exist"} }, "source x"},
		{"no such database", func(c *server.Config) { c.Sources = []string{"x=sqlite:/does/not/exist"} }, "source x"},
		{"another kind", func(c *server.Config) { c.Sources = []string{"x=gopher://y"} }, "gopher"},
		{"a file for a data folder", func(c *server.Config) { c.Data = os.Args[0] }, "data folder"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := config(t)
			test.change(&c)
			err := serve(t, c, func(string) { t.Error("it runs") })
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want it to say %q", err, test.want)
			}
		})
	}
}

func TestListeningWiderWorksWhenItIsWanted(t *testing.T) {
	c := config(t)
	c.Addr, c.Insecure = "0.0.0.0:0", true
	if err := serve(t, c, func(string) {}); err != nil {
		t.Error(err)
	}
}
