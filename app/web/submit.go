package web

import (
	"bytes"
	"errors"
	"net/http"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/failpoint"
	"example.org/carryout/jobs/store"
	"example.org/carryout/jobs/wire"
	"example.org/carryout/views"
)

// maxKey is the longest Idempotency-Key, in bytes.
const maxKey = 255

// submit takes a request for an export.
func (s *Site) submit(w http.ResponseWriter, r *http.Request) error {
	if s.stopping() {
		return errStopping
	}
	f, err := read(w, r, maxRequest)
	if err != nil {
		return err
	}
	var open []string // folders that the form showed open
	if prefersHTML(r) {
		open = f.takeAll("open")
	}
	spec, key, err := request(r, f)
	if err != nil {
		return err
	}
	if j, err := s.known(r, spec, key); err == nil {
		return s.accepted(w, r, j, true)
	} else if !errors.Is(err, jobs.ErrNotFound) {
		return err
	}
	if prefersHTML(r) {
		spec = s.Export.Fit(r.Context(), spec)
	}
	if err := s.Export.Check(r.Context(), spec); err != nil {
		return s.declined(w, r, filled{Spec: spec, open: open}, err)
	}
	if err := s.hasRoom(r.Context()); err != nil {
		return s.declined(w, r, filled{Spec: spec, open: open}, err)
	}
	j, existed, err := s.Board.Submit(r.Context(), spec, store.SubmitOptions{Owner: s.owner(r), Key: key})
	if err != nil {
		return s.declined(w, r, filled{Spec: spec, open: open}, s.busy(r.Context(), err))
	}
	failpoint.At("submit-durable")
	return s.accepted(w, r, j, existed)
}

// declined says why there is no new job. A browser is shown the form as it was
// filled in, so that it need not be filled in again.
func (s *Site) declined(w http.ResponseWriter, r *http.Request, in filled, err error) error {
	p := problem(err)
	later := p.Status == http.StatusTooManyRequests || p.Status == http.StatusServiceUnavailable
	if !prefersHTML(r) || !later && p.Status != http.StatusUnprocessableEntity {
		return err
	}
	s.note(r, p, err)
	field := p.Field
	if later || errors.Is(err, jobs.ErrKeyReused) { // of nothing that stands in the form
		field = ""
	}
	in.errors = views.Errors{field: p.Detail}
	return s.form(w, r, p, in)
}

// known returns the job that was asked for with the same key before, which
// holds also where the same could not be asked for any more.
func (s *Site) known(r *http.Request, spec jobs.Spec, key string) (jobs.Job, error) {
	if key == "" {
		return jobs.Job{}, jobs.ErrNotFound
	}
	j, err := s.Board.Find(r.Context(), s.owner(r), key)
	if err == nil && !bytes.Equal(wire.AppendSpec(nil, j.Spec), wire.AppendSpec(nil, spec)) {
		return jobs.Job{}, jobs.ErrNotFound // Submit says what is wrong
	}
	return j, err
}

// request returns what is asked for, and the key under which it is asked for
// once.
func request(r *http.Request, f fields) (spec jobs.Spec, key string, err error) {
	if spec, err = f.takeSpec(); err != nil {
		return spec, "", err
	}
	if prefersHTML(r) { // a form cannot set a header, so its page brings the key in a field
		if key, err = f.take("idempotency_key"); err != nil {
			return spec, "", err
		}
	}
	if err := f.done(); err != nil {
		return spec, "", err
	}
	switch keys := r.Header.Values("Idempotency-Key"); {
	case len(keys) > 1:
		return spec, "", malformed("Idempotency-Key", "There is more than one Idempotency-Key. Send one.")
	case len(keys) == 1 && keys[0] != "":
		key = keys[0]
	}
	if len(key) > maxKey {
		return spec, "", malformed("Idempotency-Key", "The Idempotency-Key is longer than 255 bytes.")
	}
	return spec, key, nil
}

// accepted answers with the new job, in the way that the client wants it.
func (s *Site) accepted(w http.ResponseWriter, r *http.Request, j jobs.Job, existed bool) error {
	status := http.StatusCreated
	if existed {
		status = http.StatusOK
	}
	w.Header().Set("Location", jobPath(j.ID))
	a := accepts(r)
	switch {
	case prefersHTML(r):
		w.WriteHeader(http.StatusSeeOther)
		return nil
	case a.quality(typeStream) > a.quality(typeJSON):
		return s.stream(w, r, status, j, 0)
	}
	writeJob(w, r, status, j)
	return nil
}
