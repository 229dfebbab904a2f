package web

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"

	"github.com/a-h/templ"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/wire"
)

// writeJSON answers with a body of JSON and a line break, for terminals.
func writeJSON(w http.ResponseWriter, r *http.Request, mediaType string, status int, body []byte) {
	h := w.Header()
	h.Set("Content-Type", mediaType)
	h.Add("Vary", "Accept")
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "no-store")
	}
	h.Set("Content-Length", strconv.Itoa(len(body)+1))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		w.Write(append(body, '\n')) // whoever has gone cannot be told
	}
}

// writeJob answers with a job.
func writeJob(w http.ResponseWriter, r *http.Request, status int, j jobs.Job) {
	writeJSON(w, r, typeJSON, status, wire.AppendJob(nil, j))
}

// render draws a page whole and then sends it.
func (s *Site) render(w http.ResponseWriter, r *http.Request, status int, page templ.Component) {
	var buf bytes.Buffer
	if err := page.Render(r.Context(), &buf); err != nil {
		unlessGone(r)
		s.Log.Error("page could not be drawn", "path", r.URL.Path, "err", err)
		http.Error(w, "Something went wrong on our side.", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", typeHTML+"; charset=utf-8")
	h.Add("Vary", "Accept")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Length", strconv.Itoa(buf.Len()))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		w.Write(buf.Bytes())
	}
}

// moved sends a browser on after a form, and answers everybody else with j.
func moved(w http.ResponseWriter, r *http.Request, j jobs.Job) error {
	if prefersHTML(r) {
		http.Redirect(w, r, jobPath(j.ID), http.StatusSeeOther)
		return nil
	}
	writeJob(w, r, http.StatusOK, j)
	return nil
}

func jobPath(id jobs.ID) string { return "/jobs/" + string(id) }

// reply answers with v as JSON, to whoever takes that.
func reply(w http.ResponseWriter, r *http.Request, v any) error {
	if err := answerable(r, typeJSON); err != nil {
		return err
	}
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	writeJSON(w, r, typeJSON, http.StatusOK, b)
	return nil
}

func sourcePath(name string) string { return "/sources/" + url.PathEscape(name) }
