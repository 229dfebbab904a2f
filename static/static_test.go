package static_test

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"

	"example.org/carryout/static"
)

// get asks for a path, with a header of Accept-Encoding unless it is "-".
func get(t *testing.T, method, path, accept string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(method, path, nil)
	if accept != "-" {
		r.Header.Set("Accept-Encoding", accept)
	}
	w := httptest.NewRecorder()
	static.Handler().ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, r *http.Response) []byte {
	t.Helper()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// built skips a test that is about what static/pack makes, where it has made
// nothing.
func built(t *testing.T) {
	t.Helper()
	if static.URL("browser.wasm") != "" {
		return
	}
	if os.Getenv("CARRYOUT_TEST_ALL") != "" {
		t.Fatal("nothing has been built: run go run ./static/pack")
	}
	t.Skip("nothing has been built: run go run ./static/pack")
}

func TestEverySourceIsServedUnderItsHash(t *testing.T) {
	for name, media := range map[string]string{
		"app.css": "text/css; charset=utf-8", "icon.svg": "image/svg+xml", "loader.js": "text/javascript; charset=utf-8",
	} {
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		url := static.URL(name)
		base, ext, _ := strings.Cut(name, ".")
		sum := sha256.Sum256(source)
		if want := "/static/" + base + "." + hex.EncodeToString(sum[:8]) + "." + ext; url != want {
			t.Errorf("%s: got the address %s, want %s", name, url, want)
		}
		r := get(t, "GET", url, "-")
		if got := body(t, r); r.StatusCode != 200 || !bytes.Equal(got, source) {
			t.Errorf("%s: got %s and %d bytes, want 200 and the source", name, r.Status, len(got))
		}
		for header, want := range map[string]string{
			"Content-Type":           media,
			"Cache-Control":          "public, max-age=31536000, immutable",
			"Vary":                   "Accept-Encoding",
			"X-Content-Type-Options": "nosniff",
			"Content-Encoding":       "",
		} {
			if got := r.Header.Get(header); got != want {
				t.Errorf("%s: got %s: %q, want %q", name, header, got, want)
			}
		}
	}
}

func TestWhatIsNotThere(t *testing.T) {
	if got := static.URL("nothing.css"); got != "" {
		t.Errorf("got the address %q, want none", got)
	}
	for _, path := range []string{"/static/", "/static/app.css", "/static/app.0000000000000000.css", "/static/dist", "/static/static.go", "/static/../static.go"} {
		if r := get(t, "GET", path, "br"); r.StatusCode != 404 || strings.Contains(r.Header.Get("Cache-Control"), "immutable") {
			t.Errorf("%s: got %s, want 404 that is not kept", path, r.Status)
		}
	}
}

func TestFilesAreOnlyRead(t *testing.T) {
	r := get(t, "POST", static.URL("app.css"), "-")
	if r.StatusCode != 405 || r.Header.Get("Allow") != "GET, HEAD" {
		t.Errorf("got %s, Allow %q, want 405 with GET, HEAD", r.Status, r.Header.Get("Allow"))
	}
}

func TestAHeaderThatRulesOutEverythingIsNotAcceptable(t *testing.T) {
	r := get(t, "GET", static.URL("app.css"), "identity;q=0, *;q=0")
	if r.StatusCode != 406 || r.Header.Get("Cache-Control") != "" || r.Header.Get("Vary") != "Accept-Encoding" {
		t.Errorf("got %s, Cache-Control %q, Vary %q, want 406 that is not kept and varies", r.Status, r.Header.Get("Cache-Control"), r.Header.Get("Vary"))
	}
}

func TestHeadIsGetWithoutABody(t *testing.T) {
	url := static.URL("app.css")
	head, whole := get(t, "HEAD", url, "gzip"), get(t, "GET", url, "gzip")
	if n := len(body(t, head)); n != 0 {
		t.Errorf("got %d bytes, want none", n)
	}
	for _, h := range []string{"Content-Length", "Content-Type", "Content-Encoding", "Etag"} {
		if got, want := head.Header.Get(h), whole.Header.Get(h); got != want {
			t.Errorf("got %s: %q, want %q", h, got, want)
		}
	}
}

func TestWhatTheBrowserHasIsNotSentAgain(t *testing.T) {
	url := static.URL("app.css")
	etag := get(t, "GET", url, "-").Header.Get("Etag")
	for header, want := range map[string]int{
		etag: 304, "W/" + etag: 304, `"other", ` + etag: 304, "*": 304, `"other"`: 200, "": 200,
	} {
		r := httptest.NewRequest("GET", url, nil)
		r.Header.Set("If-None-Match", header)
		w := httptest.NewRecorder()
		static.Handler().ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("%q: got %d, want %d", header, w.Code, want)
		}
	}
}

func TestEveryCodingHoldsTheSameFile(t *testing.T) {
	built(t)
	seen := map[string]bool{}
	for _, name := range []string{"app.css", "icon.svg", "loader.js", "browser.wasm", "wasm_exec.js"} {
		url := static.URL(name)
		want := body(t, get(t, "GET", url, "identity"))
		for coding, open := range map[string]func(io.Reader) (io.Reader, error){
			"br":   func(r io.Reader) (io.Reader, error) { return brotli.NewReader(r), nil },
			"gzip": func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) },
		} {
			r := get(t, "GET", url, coding)
			plain, err := open(r.Body)
			if err != nil {
				t.Fatalf("%s as %s: %v", name, coding, err)
			}
			got, err := io.ReadAll(plain)
			if err != nil || !bytes.Equal(got, want) || r.Header.Get("Content-Encoding") != coding {
				t.Errorf("%s as %s: got %d bytes, %v, Content-Encoding %q", name, coding, len(got), err, r.Header.Get("Content-Encoding"))
			}
			if etag := r.Header.Get("Etag"); seen[etag] {
				t.Errorf("%s as %s: got the ETag %s twice", name, coding, etag)
			} else {
				seen[etag] = true
			}
		}
	}
	if got := get(t, "GET", static.URL("browser.wasm"), "br").Header.Get("Content-Type"); got != "application/wasm" {
		t.Errorf("got %q, want application/wasm", got)
	}
}

func TestThePageClientKeepsItsBudget(t *testing.T) {
	built(t)
	sum := 0
	for _, name := range []string{"browser.wasm", "wasm_exec.js", "loader.js"} {
		sum += len(body(t, get(t, "GET", static.URL(name), "br")))
	}
	t.Logf("the client of a page: %d bytes with brotli", sum)
	if sum > 500_000 {
		t.Errorf("got %d bytes with brotli, want at most 500,000", sum)
	}
}

func TestTheLoaderStaysALoader(t *testing.T) {
	source, err := os.ReadFile("loader.js")
	if err != nil {
		t.Fatal(err)
	}
	if lines := bytes.Count(source, []byte("\n")); lines > 10 {
		t.Errorf("got %d lines of hand-written JavaScript, want a few", lines)
	}
	if other := regexp.MustCompile(`\beval\b|Function\(|innerHTML`).Find(source); other != nil {
		t.Errorf("got %q in the loader", other)
	}
}
