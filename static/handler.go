package static

import (
	"net/http"
	"strconv"
	"strings"
)

// Handler serves every file below [Prefix].
func Handler() http.Handler { return handler(files) }

func handler(files map[string]file) http.Handler {
	served := make(map[string]file, len(files))
	for _, f := range files {
		served[Prefix+f.name] = f
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f, ok := served[r.URL.Path]
		switch {
		case !ok:
			http.NotFound(w, r)
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "files can only be read", http.StatusMethodNotAllowed)
		default:
			f.serve(w, r)
		}
	})
}

// serve answers with the form that the request wants most. Ranges of it are
// not offered: nothing here is large enough to break off.
func (f file) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Add("Vary", "Accept-Encoding")
	c, ok := f.choose(r.Header.Values("Accept-Encoding"))
	if !ok {
		http.Error(w, "only br, gzip and identity are to be had", http.StatusNotAcceptable)
		return
	}
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("ETag", c.etag)
	h.Set("X-Content-Type-Options", "nosniff")
	if hasTag(r.Header.Values("If-None-Match"), c.etag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Type", f.media)
	h.Set("Content-Length", strconv.Itoa(len(c.body)))
	if c.coding != identity {
		h.Set("Content-Encoding", c.coding)
	}
	if r.Method != http.MethodHead {
		w.Write(c.body) // whoever has gone cannot be told
	}
}

// hasTag reports whether an If-None-Match header names a tag. Proxies may have
// made it a weak one, which is compared alike
// (https://www.rfc-editor.org/rfc/rfc9110#section-8.8.3.2).
func hasTag(header []string, etag string) bool {
	for tag := range strings.SplitSeq(strings.Join(header, ","), ",") {
		tag = strings.TrimSpace(tag)
		if tag == "*" || strings.TrimPrefix(tag, "W/") == etag {
			return true
		}
	}
	return false
}
