package walk_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// checkProblem wants an answer by RFC 9457 that gives nothing of the machine
// away.
func checkProblem(t *testing.T, resp *http.Response, body []byte, status int, secret string) {
	t.Helper()
	if resp.StatusCode != status {
		t.Errorf("got %s: %s, want %d", resp.Status, body, status)
		return
	}
	p := parse(t, body)
	if resp.Header.Get("Content-Type") != "application/problem+json" || p.text("code") == "" || p.text("detail") == "" || int(p.number("status")) != status {
		t.Errorf("got %s %s, want a problem with a code and a sentence", resp.Header.Get("Content-Type"), body)
	}
	for _, leak := range []string{secret, "SELECT", "SQLITE", "sqlite3", "goroutine", ".go:"} {
		if strings.Contains(string(body), leak) {
			t.Errorf("got %s, which gives away %q", body, leak)
		}
	}
}

func TestBadRequestsAreRefusedWithASentence(t *testing.T) {
	t.Parallel()
	docs := tree(t)
	s := start(t, "-source", "docs="+docs, "-source", "shop=sqlite:"+shop(t, 10))
	ready := s.ready(s.submit(spec("docs", "zip")).text("id")).text("id")
	long := strings.Repeat("n", 10_000)
	const form = "application/x-www-form-urlencoded"
	for _, test := range []struct {
		name, method, path, body string
		header                   []string
		status                   int
		field                    string
	}{
		{name: "unknown page", path: "/nowhere", status: 404},
		{name: "unknown job", path: "/jobs/AAAAAAAAAAAAAAAAAAAAAAAAAA", status: 404},
		{name: "no job id", path: "/jobs/..%2f..%2fetc", status: 404},
		{name: "NUL in an id", path: "/jobs/%00", status: 404},
		{name: "unknown job's file", path: "/jobs/AAAAAAAAAAAAAAAAAAAAAAAAAA/file", status: 404},
		{name: "unknown job's stream", path: "/jobs/AAAAAAAAAAAAAAAAAAAAAAAAAA/events", status: 404},
		{name: "wrong method", method: "DELETE", path: "/jobs", status: 405},
		{name: "wrong method on a stream", method: "POST", path: "/jobs/" + ready + "/events", body: "{}", status: 405},
		{name: "unknown method", method: "BREW", path: "/", status: 405},
		{name: "nothing acceptable", path: "/jobs", header: []string{"Accept", "image/png"}, status: 406},
		{name: "retry of what is ready", method: "POST", path: "/jobs/" + ready + "/retry", status: 409},
		{name: "cancel of what is ready", method: "POST", path: "/jobs/" + ready + "/cancel", status: 409},
		{name: "no body", method: "POST", path: "/jobs", status: 415},
		{name: "unknown type", method: "POST", path: "/jobs", body: "source=docs", header: []string{"Content-Type", "text/plain"}, status: 415},
		{name: "broken JSON", method: "POST", path: "/jobs", body: `{"source":`, status: 400},
		{name: "two JSON values", method: "POST", path: "/jobs", body: spec("docs", "zip") + "{}", status: 400},
		{name: "no object", method: "POST", path: "/jobs", body: `["docs"]`, status: 400},
		{name: "deep JSON", method: "POST", path: "/jobs", body: strings.Repeat(`{"a":`, 5000) + "1" + strings.Repeat("}", 5000), status: 400, field: "a.a"},
		{name: "JSON of another shape", method: "POST", path: "/jobs", body: `{"source":{"a":{}},"format":1}`, status: 400, field: "source.a"},
		{name: "unknown field", method: "POST", path: "/jobs", body: spec("docs", "zip", `"colour":"red"`), status: 400, field: "colour"},
		{name: "field given twice", method: "POST", path: "/jobs", body: spec("docs", "zip", `"source":"shop"`), status: 400, field: "source"},
		{name: "form field given twice", method: "POST", path: "/jobs", body: "source=docs&source=shop&format=zip", header: []string{"Content-Type", form}, status: 400, field: "source"},
		{name: "unknown form field", method: "POST", path: "/jobs", body: "source=docs&format=zip&colour=red", header: []string{"Content-Type", form}, status: 400, field: "colour"},
		{name: "broken form", method: "POST", path: "/jobs", body: "source=%zz", header: []string{"Content-Type", form}, status: 400},
		{name: "huge body", method: "POST", path: "/jobs", body: `{"source":"` + strings.Repeat("x", 2<<20) + `"}`, status: 413},
		{name: "not UTF-8", method: "POST", path: "/jobs", body: "{\"source\":\"\xff\"}", status: 400},
		{name: "unknown source", method: "POST", path: "/jobs", body: spec("/etc", "zip"), status: 422, field: "source"},
		{name: "no source", method: "POST", path: "/jobs", body: `{"format":"zip"}`, status: 422, field: "source"},
		{name: "unknown format", method: "POST", path: "/jobs", body: spec("docs", "exe"), status: 422, field: "format"},
		{name: "format that does not fit", method: "POST", path: "/jobs", body: spec("docs", "csv"), status: 422, field: "format"},
		{name: "unknown option", method: "POST", path: "/jobs", body: spec("docs", "zip", `"options":{"speed":"9"}`), status: 422, field: "options.speed"},
		{name: "unknown value", method: "POST", path: "/jobs", body: spec("docs", "zip", `"options":{"level":"9"}`), status: 422, field: "options.level"},
		{name: "path out of the source", method: "POST", path: "/jobs", body: spec("docs", "zip", `"paths":["../secret"]`), status: 422, field: "paths"},
		{name: "path out and in again", method: "POST", path: "/jobs", body: spec("docs", "zip", `"paths":["reports/../../etc"]`), status: 422, field: "paths"},
		{name: "absolute path", method: "POST", path: "/jobs", body: spec("docs", "zip", `"paths":["/etc/passwd"]`), status: 422, field: "paths"},
		{name: "NUL in a path", method: "POST", path: "/jobs", body: spec("docs", "zip", `"paths":["a\u0000b"]`), status: 422, field: "paths"},
		{name: "endless name", method: "POST", path: "/jobs", body: spec("docs", "zip", `"paths":["`+long+`"]`), status: 422, field: "paths"},
		{name: "path through a link", method: "POST", path: "/jobs", body: spec("docs", "zip", `"paths":["outside/passwd"]`), status: 422, field: "paths"},
		{name: "path that is not there", method: "POST", path: "/jobs", body: spec("docs", "zip", `"paths":["nothing"]`), status: 422, field: "paths"},
		{name: "no table", method: "POST", path: "/jobs", body: spec("shop", "csv"), status: 422, field: "table"},
		{name: "unknown table", method: "POST", path: "/jobs", body: spec("shop", "csv", `"table":"orders; DROP TABLE orders"`), status: 422, field: "table"},
		{name: "hidden table", method: "POST", path: "/jobs", body: spec("shop", "csv", `"table":"sqlite_master"`), status: 422, field: "table"},
		{name: "unknown column", method: "POST", path: "/jobs", body: spec("shop", "csv", `"table":"orders","columns":["id","1;--"]`), status: 422, field: "columns"},
		{name: "column twice", method: "POST", path: "/jobs", body: spec("shop", "csv", `"table":"orders","columns":["id","id"]`), status: 422, field: "columns"},
		{name: "columns of a folder", method: "POST", path: "/jobs", body: spec("docs", "zip", `"columns":["id"]`), status: 422, field: "columns"},
		{name: "bad cursor", path: "/jobs?after=%27%20OR%201=1", status: 400, field: "after"},
		{name: "bad state", path: "/jobs?state=lost", status: 400, field: "state"},
		{name: "bad limit", path: "/jobs?limit=-1", status: 400, field: "limit"},
		{name: "tree out of the source", path: "/sources/docs/tree?path=../..", status: 422, field: "path"},
		{name: "tree through a link", path: "/sources/docs/tree?path=outside", status: 422, field: "path"},
		{name: "tree of an unknown source", path: "/sources/none/tree", status: 404},
		{name: "own name published", method: "POST", path: "/publish", body: `{"message":"m","event":"stats"}`, status: 422, field: "event"},
		{name: "line break in a name", method: "POST", path: "/publish", body: `{"message":"m","event":"a\nid: 1"}`, status: 422, field: "event"},
		{name: "nothing published", method: "PUT", path: "/publish", body: `{}`, status: 422, field: "message"},
		{name: "too much published", method: "PUT", path: "/publish", body: `{"message":"` + strings.Repeat("x", 100_000) + `"}`, status: 413},
		{name: "foreign host", path: "/jobs", header: []string{"Host", "evil.example"}, status: 421},
		{name: "foreign origin", method: "POST", path: "/jobs", body: spec("docs", "zip"), header: []string{"Origin", "https://evil.example"}, status: 403},
		{name: "foreign page", method: "POST", path: "/jobs/" + ready + "/delete", body: "a=b", header: []string{"Sec-Fetch-Site", "cross-site", "Content-Type", form}, status: 403},
	} {
		t.Run(test.name, func(t *testing.T) {
			s.t = t
			if test.method == "" {
				test.method = "GET"
			}
			resp, body := s.call(test.method, test.path, test.body, test.header...)
			checkProblem(t, resp, body, test.status, docs)
			if got := parse(t, body).text("field"); got != test.field {
				t.Errorf("got the field %q, want %q", got, test.field)
			}
			if test.status == 405 && resp.Header.Get("Allow") == "" {
				t.Error("got no Allow header")
			}
		})
	}
	s.t = t
	if got := s.get("/jobs/" + ready).text("state"); got != "ready" {
		t.Errorf("got %s after all that, want ready", got)
	}
}

func TestRanges(t *testing.T) {
	t.Parallel()
	s := start(t, "-source", "docs="+tree(t))
	j := s.ready(s.submit(spec("docs", "zip", `"paths":["reports"]`)).text("id"))
	url := j.text("file", "url")
	whole, body := s.call("GET", url, "")
	etag := whole.Header.Get("ETag")
	for _, test := range []struct {
		name   string
		header []string
		status int
		want   string
	}{
		{"first bytes", []string{"Range", "bytes=0-9"}, 206, string(body[:10])},
		{"last bytes", []string{"Range", "bytes=-5"}, 206, string(body[len(body)-5:])},
		{"from the middle", []string{"Range", "bytes=100-", "If-Range", etag}, 206, string(body[100:])},
		{"of another file", []string{"Range", "bytes=100-", "If-Range", `"other"`}, 200, string(body)},
		{"malformed", []string{"Range", "bytes=a-b"}, 200, string(body)},
		{"negative", []string{"Range", "bytes=--5"}, 200, string(body)},
		{"backwards", []string{"Range", "bytes=5-2"}, 200, string(body)},
		{"another unit", []string{"Range", "lines=1-2"}, 200, string(body)},
		{"beyond the end", []string{"Range", "bytes=99999999999999999999-"}, 416, ""},
		{"nothing at the end", []string{"Range", "bytes=-0"}, 416, ""},
		{"two parts, one beyond the end", []string{"Range", "bytes=0-1, 99999999-"}, 206, ""},
		{"known already", []string{"If-None-Match", etag}, 304, ""},
	} {
		resp, got := s.call("GET", url, "", test.header...)
		if resp.StatusCode != test.status || test.want != "" && string(got) != test.want {
			t.Errorf("%s: got %s and %d bytes, want %d and %d bytes", test.name, resp.Status, len(got), test.status, len(test.want))
		}
		if test.status == http.StatusRequestedRangeNotSatisfiable {
			checkProblem(t, resp, got, test.status, "\x00")
			if want := fmt.Sprintf("bytes */%d", len(body)); resp.Header.Get("Content-Range") != want {
				t.Errorf("%s: got the Content-Range %q, want %q", test.name, resp.Header.Get("Content-Range"), want)
			}
		}
	}
	head, nothing := s.call("HEAD", url, "")
	if head.ContentLength != int64(len(body)) || len(nothing) > 0 || head.Header.Get("ETag") != etag || !strings.HasPrefix(head.Header.Get("Repr-Digest"), "sha-256=:") {
		t.Errorf("HEAD: got %v, want the headers of GET", head.Header)
	}
}

func TestAFIFOStopsNobody(t *testing.T) {
	t.Parallel()
	docs := tree(t)
	if err := syscall.Mkfifo(filepath.Join(docs, "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := start(t, "-source", "docs="+docs)
	j := s.ready(s.submit(spec("docs", "zip")).text("id"))
	if got := j.number("warnings"); got != 1 {
		t.Errorf("got %v warnings, want one about the pipe", got)
	}
	files := unzip(t, s.take(j))
	if report := files["EXPORT-REPORT.txt"]; !strings.Contains(report, "pipe") {
		t.Errorf("got the report %q, want it to name the pipe", report)
	}
	if _, there := files["outside/passwd"]; there {
		t.Error("a link was followed out of the source")
	}
}

func TestCancelRetryDelete(t *testing.T) {
	t.Parallel()
	s := start(t, "-source", "docs="+tree(t), slow)
	id := s.submit(spec("docs", "zip")).text("id")
	st := s.follow("/jobs/"+id+"/events", "")
	for {
		e, err := st.next()
		if err != nil {
			t.Fatal(err)
		}
		if e.name == "progress" && e.json(t).number("bytes", "done") > 0 {
			break
		}
	}
	resp, body := s.call("GET", "/jobs/"+id+"/file", "")
	checkProblem(t, resp, body, http.StatusConflict, "\x00")

	if resp, body := s.call("POST", "/jobs/"+id+"/cancel", ""); resp.StatusCode != http.StatusOK || parse(t, body).text("state") != "canceled" {
		t.Fatalf("got %s: %s, want the job canceled", resp.Status, body)
	}
	if all := st.rest(); all[len(all)-1].name != "canceled" {
		t.Errorf("got %v last, want canceled", all)
	}
	if resp, body := s.call("POST", "/jobs/"+id+"/retry", ""); resp.StatusCode != http.StatusOK || parse(t, body).text("state") != "queued" {
		t.Fatalf("got %s: %s, want the job queued", resp.Status, body)
	}
	if j := s.ready(id); j.number("attempt") != 2 {
		t.Errorf("got attempt %v, want 2", j.number("attempt"))
	}
	if resp, _ := s.call("DELETE", "/jobs/"+id, ""); resp.StatusCode != http.StatusNoContent {
		t.Errorf("got %s, want 204", resp.Status)
	}
	for _, path := range []string{"", "/file", "/events"} {
		if resp, _ := s.call("GET", "/jobs/"+id+path, ""); resp.StatusCode != http.StatusNotFound {
			t.Errorf("%s: got %s of a deleted job, want 404", path, resp.Status)
		}
	}
}

func TestACanceledJobStopsReadingAtOnce(t *testing.T) {
	t.Parallel()
	s := start(t, "-source", "docs="+tree(t), "-workers", "1", "-throttle=100000")
	first := s.submit(spec("docs", "zip")).text("id")
	second := s.submit(spec("docs", "zip")).text("id")
	st := s.follow("/jobs/"+second+"/events", "")
	if e, err := st.next(); err != nil || e.name != "queued" {
		t.Fatalf("got %v, %v, want queued", e, err)
	}
	began := time.Now()
	s.call("POST", "/jobs/"+first+"/cancel", "")
	if e, err := st.next(); err != nil || e.name != "started" {
		t.Fatalf("got %v, %v, want the second to start", e, err)
	}
	t.Logf("the worker was free %v after the cancel", time.Since(began))
}

func TestTheSameKeyIsTheSameJob(t *testing.T) {
	t.Parallel()
	s := start(t, "-source", "docs="+tree(t))
	resp, body := s.call("POST", "/jobs", spec("docs", "zip"), "Idempotency-Key", "k1")
	if resp.StatusCode != http.StatusCreated {
		t.Fatalf("got %s, want 201", resp.Status)
	}
	first := parse(t, body).text("id")
	resp, body = s.call("POST", "/jobs", spec("docs", "zip"), "Idempotency-Key", "k1")
	if resp.StatusCode != http.StatusOK || parse(t, body).text("id") != first {
		t.Errorf("got %s: %s, want 200 and the first job", resp.Status, body)
	}
	resp, body = s.call("POST", "/jobs", spec("docs", "tar.gz"), "Idempotency-Key", "k1")
	checkProblem(t, resp, body, http.StatusUnprocessableEntity, "\x00")
}

func TestFilesExpire(t *testing.T) {
	t.Parallel()
	s := start(t, "-source", "docs="+tree(t), "-retain", "1s")
	id := s.submit(spec("docs", "zip")).text("id")
	s.ready(id)
	for deadline := time.Now().Add(patience); s.get("/jobs/"+id).text("state") != "expired"; {
		if time.Now().After(deadline) {
			t.Fatal("the file is still there")
		}
	}
	resp, body := s.call("GET", "/jobs/"+id+"/file", "")
	checkProblem(t, resp, body, http.StatusGone, "\x00")
}

func TestSlowClientsAreCut(t *testing.T) {
	t.Parallel()
	s := start(t, "-source", "docs="+tree(t))
	for name, said := range map[string]string{
		"headers":               "GET / HTTP/1.1\r\nHost: localhost\r\n",
		"a body":                "POST /jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{",
		"a body nobody asks of": "POST /jobs/AAAAAAAAAAAAAAAAAAAAAAAAAA/cancel HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			if _, err := c.Write([]byte(said)); err != nil {
				t.Fatal(err)
			}
			c.SetReadDeadline(time.Now().Add(patience))
			if _, err := io.Copy(io.Discard, c); err != nil && errors.Is(err, os.ErrDeadlineExceeded) {
				t.Error("who never ends is never cut")
			}
		})
	}
}

func TestListeningWiderIsRefusedWithTheReason(t *testing.T) {
	t.Parallel()
	for _, addr := range []string{":0", "0.0.0.0:0", "[::]:0"} {
		out, err := runBinary(t, "serve", "-addr", addr, "-data", t.TempDir())
		if err == nil || !strings.Contains(out, "-insecure") {
			t.Errorf("%s: got %v: %s, want a refusal that says how", addr, err, out)
		}
	}
}

func TestPagesAreSafe(t *testing.T) {
	t.Parallel()
	s := start(t, "-source", "docs="+tree(t))
	resp, _ := s.call("GET", "/", "", "Accept", "text/html")
	csp := resp.Header.Get("Content-Security-Policy")
	if !strings.Contains(csp, "script-src 'self' 'wasm-unsafe-eval'") || strings.Contains(csp, "unsafe-inline") {
		t.Errorf("got the policy %q", csp)
	}
	if got := resp.Header.Get("X-Content-Type-Options"); got != "nosniff" {
		t.Errorf("got %q, want nosniff", got)
	}
	if got := resp.Header.Get("Access-Control-Allow-Origin"); got != "" {
		t.Errorf("got %q, want no other origin to read", got)
	}
}

func TestNamedOriginsMayRead(t *testing.T) {
	t.Parallel()
	s := start(t, "-source", "docs="+tree(t), "-allow-origin", "https://app.example")
	resp, _ := s.call("GET", "/jobs", "", "Origin", "https://app.example")
	if got := resp.Header.Get("Access-Control-Allow-Origin"); got != "https://app.example" {
		t.Errorf("got %q, want the origin that was named", got)
	}
	resp, _ = s.call("GET", "/jobs", "", "Origin", "https://evil.example")
	if got := resp.Header.Get("Access-Control-Allow-Origin"); got != "" {
		t.Errorf("got %q for another origin, want none", got)
	}
}

func TestPagination(t *testing.T) {
	t.Parallel()
	s := start(t, "-source", "docs="+tree(t))
	var want []string
	for range 7 {
		want = append([]string{s.submit(spec("docs", "zip", `"paths":["readme.md"]`)).text("id")}, want...)
	}
	var got []string
	for path := "/jobs?limit=3"; path != ""; {
		_, body := s.call("GET", path, "")
		var page struct {
			Jobs []struct{ ID string }
			Next string
		}
		if err := json.Unmarshal(body, &page); err != nil {
			t.Fatal(err)
		}
		for _, j := range page.Jobs {
			got = append(got, j.ID)
		}
		path = page.Next
	}
	if strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("got %v, want %v", got, want)
	}
}
