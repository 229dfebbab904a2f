package client_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"example.org/carryout/app/client"
	"example.org/carryout/jobs"
)

// arrived checks that exactly the file is there, and no part of it.
func arrived(t *testing.T, dst string, want []byte) {
	t.Helper()
	if got, err := os.ReadFile(dst); err != nil || !bytes.Equal(got, want) {
		t.Errorf("got %d bytes and %v, want the %d bytes of the file", len(got), err, len(want))
	}
	if _, err := os.Stat(dst + ".part"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v of the part, want that it is not there", err)
	}
}

func TestDownload(t *testing.T) {
	const size = 1_000_000
	a := newArtifact(size)
	other := newArtifact(size + 1)
	ignoresRanges := func(w http.ResponseWriter, r *http.Request) { r.Header.Del("Range"); a.serve(w, r) }
	smallRanges := func(w http.ResponseWriter, r *http.Request) {
		if from, ok := strings.CutPrefix(r.Header.Get("Range"), "bytes="); ok {
			n, _ := strconv.Atoi(strings.TrimSuffix(from, "-"))
			r.Header.Set("Range", "bytes="+strconv.Itoa(n)+"-"+strconv.Itoa(min(n+300_000, size)-1))
		}
		a.serve(w, r)
	}
	for name, c := range map[string]struct {
		part   []byte // of an earlier run
		server script
		asked  []string // for which ranges
	}{
		"in one go":                        {nil, script{a.serve}, []string{""}},
		"over broken connections":          {nil, script{a.cutAfter(300_000), a.cutAfter(500_000), a.serve}, []string{"", "bytes=300000-", "bytes=800000-"}},
		"over connections that never were": {nil, script{breaks, a.cutAfter(1000), breaks, a.serve}, []string{"", "", "bytes=1000-", "bytes=1000-"}},
		"from where an earlier run was":    {a.data[:700_001], script{a.serve}, []string{"bytes=700001-"}},
		"of which all is there":            {a.data, script{problem(500)}, nil},
		"of which a single byte is not":    {a.data[:size-1], script{a.serve}, []string{"bytes=999999-"}},
		"after a part of something larger": {other.data, script{a.serve}, []string{""}},
		"after a part of something else":   {bytes.Repeat([]byte("?"), 10), script{a.serve}, []string{"bytes=10-", ""}},
		"after the whole of something":     {bytes.Repeat([]byte("?"), size), script{a.serve}, []string{""}},
		"without ranges":                   {a.data[:700_001], script{ignoresRanges}, []string{"bytes=700001-"}},
		"without ranges, broken":           {nil, script{a.cutAfter(300_000), ignoresRanges}, []string{"", "bytes=300000-"}},
		"in ranges smaller than asked for": {a.data[:10], script{smallRanges}, []string{"bytes=10-", "bytes=300010-", "bytes=600010-", "bytes=900010-"}},
		"from a server that is busy":       {nil, script{problem(503, "Retry-After", "7"), problem(429), a.serve}, []string{"", "", ""}},
	} {
		t.Run(name, func(t *testing.T) {
			c1, seen := serve(t, c.server)
			dst := filepath.Join(t.TempDir(), "docs.zip")
			if c.part != nil {
				if err := os.WriteFile(dst+".part", c.part, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			last := int64(-1)
			err := c1.Download(t.Context(), a.job, dst, func(done, total int64) {
				if total != size || done < last && done != 0 {
					t.Errorf("was told %d of %d after %d, want a number that grows", done, total, last)
				}
				last = done
			})
			if err != nil || last != size {
				t.Errorf("got %v and was told %d in the end, want no error and all of it", err, last)
			}
			arrived(t, dst, a.data)
			if seen.count() != len(c.asked) {
				t.Errorf("got %d requests, want %d", seen.count(), len(c.asked))
			}
			for i, want := range c.asked {
				if got := seen.header(i, "Range"); got != want {
					t.Errorf("request %d: got the range %q, want %q", i, got, want)
				}
				if got := seen.header(i, "If-Range"); (got != "") != (want != "") || got != "" && got != `"`+a.job.File.SHA256+`"` {
					t.Errorf("request %d: got If-Range %q, want the hash with a range", i, got)
				}
			}
		})
	}
}

func TestDownloadOfNothing(t *testing.T) {
	a := newArtifact(0)
	c, _ := serve(t, script{a.serve})
	dst := filepath.Join(t.TempDir(), "empty.csv")
	if err := c.Download(t.Context(), a.job, dst, nil); err != nil {
		t.Fatal(err)
	}
	arrived(t, dst, nil)
}

func TestDownloadTakesThePlaceOfAnEarlierFileOnlyWhenItIsWhole(t *testing.T) {
	a := newArtifact(1000)
	wrong := newArtifact(1000)
	wrong.data = bytes.Repeat([]byte("?"), 1000)
	dst := filepath.Join(t.TempDir(), "docs.zip")
	if err := os.WriteFile(dst, []byte("earlier"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, _ := serve(t, script{wrong.serve})
	if err := c.Download(t.Context(), a.job, dst, nil); err == nil {
		t.Error("got no error of wrong bytes, want one")
	}
	arrived(t, dst, []byte("earlier"))
	c, _ = serve(t, script{a.serve})
	if err := c.Download(t.Context(), a.job, dst, nil); err != nil {
		t.Error(err)
	}
	arrived(t, dst, a.data)
}

func TestDownloadThatCannotBe(t *testing.T) {
	const size = 10_000
	a := newArtifact(size)
	other := newArtifact(size + 5)
	sameTag := other
	sameTag.job = a.job
	wrong := artifact{bytes.Repeat([]byte("?"), size), a.job}
	wrongRange := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Range", "bytes 0-9999/10000")
		w.WriteHeader(http.StatusPartialContent)
		w.Write(a.data)
	}
	var (
		refusal *client.Problem
		corrupt *client.CorruptError
	)
	for name, c := range map[string]struct {
		server script
		as     any // the type of error wanted
		is     error
		part   int // bytes that are left of it; -1: none
	}{
		"wrong bytes":                        {script{wrong.serve}, &corrupt, nil, -1},
		"wrong bytes after a break":          {script{a.cutAfter(100), wrong.serve}, &corrupt, nil, -1},
		"a file of another size":             {script{sameTag.serve}, nil, client.ErrProtocol, 0},
		"another file":                       {script{other.serve}, nil, nil, 0},
		"another file after a break":         {script{a.cutAfter(100), other.serve}, nil, nil, 100},
		"another range than was asked for":   {script{a.cutAfter(100), wrongRange}, nil, client.ErrProtocol, 100},
		"a status of no meaning":             {script{func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusAccepted) }}, nil, client.ErrProtocol, 0},
		"expired":                            {script{problem(410)}, &refusal, nil, 0},
		"expired after a break":              {script{a.cutAfter(100), problem(410)}, &refusal, nil, 100},
		"a condition that failed":            {script{a.cutAfter(100), problem(412)}, &refusal, nil, 100},
		"connections that bring nothing":     {script{a.cutAfter(100), breaks}, nil, nil, 100},
		"a server that has no time, forever": {script{problem(503)}, &refusal, nil, 0},
	} {
		t.Run(name, func(t *testing.T) {
			c1, seen := serve(t, c.server)
			dst := filepath.Join(t.TempDir(), "docs.zip")
			err := c1.Download(t.Context(), a.job, dst, nil)
			if err == nil || err.Error() == "" || c.as != nil && !errors.As(err, c.as) || c.is != nil && !errors.Is(err, c.is) {
				t.Errorf("got %v, want another error", err)
			}
			if _, err := os.Stat(dst); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("got %v of the file, want that it is not there", err)
			}
			left := -1
			if info, err := os.Stat(dst + ".part"); err == nil {
				left = int(info.Size())
			}
			if left != c.part {
				t.Errorf("got a part of %d bytes, want %d", left, c.part)
			}
			if n := seen.count(); n > 10 {
				t.Errorf("got %d requests, want it given up", n)
			}
		})
	}
}

func TestDownloadEndsWithItsContext(t *testing.T) {
	a := newArtifact(10_000)
	ctx, cancel := context.WithCancel(t.Context())
	c, _ := serve(t, script{func(w http.ResponseWriter, r *http.Request) {
		w.Write(a.data[:100])
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}})
	dst := filepath.Join(t.TempDir(), "docs.zip")
	err := c.Download(ctx, a.job, dst, func(done, _ int64) {
		if done == 100 {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
	if info, err := os.Stat(dst + ".part"); err != nil || info.Size() != 100 {
		t.Errorf("got %v of the part, want what had come", err)
	}
}

func TestDownloadIsOnlyOfWhatIsReady(t *testing.T) {
	a := newArtifact(10)
	c, seen := serve(t, script{a.serve})
	for _, state := range []jobs.State{jobs.Queued, jobs.Running, jobs.Failed, jobs.Canceled, jobs.Expired} {
		j := a.job
		j.State = state
		if err := c.Download(t.Context(), j, filepath.Join(t.TempDir(), "x"), nil); err == nil || !strings.Contains(err.Error(), string(state)) {
			t.Errorf("%s: got %v, want an error that says so", state, err)
		}
	}
	if seen.count() != 0 {
		t.Errorf("got %d requests, want none", seen.count())
	}
}

func TestWaitsGrowAndHeedTheServer(t *testing.T) {
	a := newArtifact(10)
	c, seen := serve(t, script{breaks, breaks, breaks, problem(503, "Retry-After", "77"), a.serve})
	var told []time.Duration
	c.Retrying = func(err error, wait time.Duration) {
		if err == nil {
			t.Error("was told of no error, want one")
		}
		told = append(told, wait)
	}
	if err := c.Download(t.Context(), a.job, filepath.Join(t.TempDir(), "x"), nil); err != nil {
		t.Fatal(err)
	}
	if len(seen.waits) != 4 || len(told) != 4 {
		t.Fatalf("got %v waits and was told %v, want 4", seen.waits, told)
	}
	for i, d := range seen.waits[:3] {
		if most := time.Second << i; d < most/2 || d > most || told[i] != d {
			t.Errorf("wait %d: got %v and was told %v, want between %v and %v", i, d, told[i], most/2, most)
		}
	}
	if got := seen.waits[3]; got != 77*time.Second {
		t.Errorf("got a wait of %v, want the 77 s that were asked for", got)
	}
}

// full is a disk that takes n bytes.
type full struct{ n int }

var errFull = errors.New("no space left")

func (f *full) Write(p []byte) (int, error) {
	n := min(f.n, len(p))
	f.n -= n
	if n < len(p) {
		return n, errFull
	}
	return n, nil
}

func TestCopy(t *testing.T) {
	a := newArtifact(600_000)
	var got bytes.Buffer
	c, _ := serve(t, script{a.cutAfter(300_000), a.serve})
	if err := c.Copy(t.Context(), &got, a.job, nil); err != nil || !bytes.Equal(got.Bytes(), a.data) {
		t.Errorf("got %d bytes and %v, want all of them", got.Len(), err)
	}
	c, _ = serve(t, script{artifact{a.data[1:], a.job}.serve})
	if err := c.Copy(t.Context(), &got, a.job, nil); err == nil {
		t.Error("got no error of wrong bytes, want one")
	}
	for n := range 3 {
		c, seen := serve(t, script{a.serve})
		if err := c.Copy(t.Context(), &full{n * 250_000}, a.job, nil); !errors.Is(err, errFull) || seen.count() != 1 {
			t.Errorf("got %v after %d requests, want %v at once", err, seen.count(), errFull)
		}
	}
}

func TestASilentServerIsLeft(t *testing.T) {
	a := newArtifact(1000)
	silent := func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	stalls := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "1000")
		w.Write(a.data[:100])
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}
	c, seen := serve(t, script{silent, stalls, a.serve})
	c.Silence = 50 * time.Millisecond
	dst := filepath.Join(t.TempDir(), "docs.zip")
	if err := c.Download(t.Context(), a.job, dst, nil); err != nil {
		t.Error(err)
	}
	arrived(t, dst, a.data)
	if seen.count() != 3 {
		t.Errorf("got %d requests, want 3", seen.count())
	}
}
