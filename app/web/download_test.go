package web_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"example.org/carryout/app/web"
	"example.org/carryout/jobs"
	"example.org/carryout/jobs/store"
)

// has reports whether it is known that somebody has the file of j.
func (h *house) has(t *testing.T, j jobs.Job) bool {
	t.Helper()
	h.wait()
	spent, err := h.store.Spent(t.Context(), 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range spent {
		if id == j.ID {
			return true
		}
	}
	return false
}

func TestADownloadIsNotedWhenItsEndWasSent(t *testing.T) {
	for _, test := range []struct {
		name, method, ranged string
		want                 bool
	}{
		{"whole", "GET", "", true},
		{"the rest of it", "GET", "bytes=10-", true},
		{"the last part", "GET", "bytes=10-9999999", true},
		{"all in one part", "GET", "bytes=0-", true},
		{"its headers", "HEAD", "", false},
		{"its beginning", "GET", "bytes=0-9", false},
		{"a look at its end", "GET", "bytes=-22", false},
		{"several parts", "GET", "bytes=0-1,5-6", false},
		{"nothing that is there", "GET", "bytes=9999999-", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := build(t, nil)
			j := h.export(t, jobs.Spec{Source: "docs", Format: "zip"})
			h.ask(test.method, "/jobs/"+string(j.ID)+"/file", "", "Range", test.ranged)
			if got := h.has(t, j); got != test.want {
				t.Errorf("got that it was downloaded: %v, want %v", got, test.want)
			}
		})
	}
}

func TestAFileIsLentAsLongAsItIsDownloaded(t *testing.T) {
	h := build(t, nil)
	noise := make([]byte, 32<<20) // more than lies in buffers on the way
	if _, err := rand.Read(noise); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(h.root, "noise"), noise, 0o600); err != nil {
		t.Fatal(err)
	}
	j := h.export(t, jobs.Spec{Source: "docs", Format: "tar", Paths: []string{"noise"}})
	server := httptest.NewServer(h)
	defer server.Close()
	begin := func() *http.Response {
		t.Helper()
		resp, err := http.Get(server.URL + "/jobs/" + string(j.ID) + "/file")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.CopyN(io.Discard, resp.Body, 1<<20); err != nil {
			t.Fatal(err)
		}
		return resp
	}
	free := func() bool {
		done, ok := h.desk.Withdraw(j.ID)
		if ok {
			done()
		}
		return ok
	}
	eventually := func(what string, f func() bool) {
		t.Helper()
		for deadline := time.Now().Add(20 * time.Second); !f(); <-time.After(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("%s: it never came to that", what)
			}
		}
	}
	broken := begin()
	if free() {
		t.Error("it can be taken away in the middle of a download")
	}
	broken.Body.Close()
	eventually("a download that breaks off gives it back", free)
	if h.has(t, j) {
		t.Error("a download that broke off counts as one")
	}
	whole := begin()
	rest, err := io.ReadAll(whole.Body)
	if err != nil || !bytes.Contains(rest, noise[2<<20:3<<20]) {
		t.Errorf("got %d bytes more, error %v", len(rest), err)
	}
	whole.Body.Close()
	eventually("a download that is whole is noted", func() bool { return h.has(t, j) })
	eventually("a download that is whole gives it back", free)
	done, _ := h.desk.Withdraw(j.ID)
	defer done()
	if got := h.ask("GET", "/jobs/"+string(j.ID)+"/file", "").StatusCode; got != http.StatusGone {
		t.Errorf("while it is taken away: got %d, want 410", got)
	}
}

// heldShelf is one that is held by another program until it is let go.
type heldShelf struct {
	store.Shelf
	letGo, noted chan struct{}
}

func (s heldShelf) Downloaded(ctx context.Context, id jobs.ID) error {
	defer close(s.noted)
	select {
	case <-s.letGo:
		return s.Shelf.Downloaded(ctx, id)
	case <-ctx.Done():
		return ctx.Err()
	}
}

func TestAfterADownloadTheConnectionIsFreeAtOnce(t *testing.T) {
	var held heldShelf
	h := build(t, func(s *web.Site) {
		held = heldShelf{s.Shelf, make(chan struct{}), make(chan struct{})}
		s.Shelf = held
	})
	j := h.export(t, jobs.Spec{Source: "docs", Format: "zip"})
	server := httptest.NewServer(h)
	defer server.Close()
	client := http.Client{Transport: &http.Transport{MaxConnsPerHost: 1}}
	defer client.CloseIdleConnections()
	for _, path := range []string{"/file", "/file", ""} { // a second note would close noted again
		resp, err := client.Get(server.URL + "/jobs/" + string(j.ID) + path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, resp.Body); err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
	}
	select {
	case <-held.noted:
		t.Error("the next request has waited until the download was noted")
	default:
	}
	close(held.letGo)
	if !h.has(t, j) {
		t.Error("the download was not noted")
	}
}
