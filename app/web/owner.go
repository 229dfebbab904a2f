package web

import (
	"net/http"
	"unicode"
	"unicode/utf8"

	"example.org/carryout/jobs"
)

// everybody owns the jobs of a server that knows no owners.
const everybody = "everybody"

// maxOwner is the longest name of an owner, in bytes.
const maxOwner = 255

var errNobody = &refusal{Status: http.StatusForbidden, Code: "not_signed_in",
	Detail: "The proxy in front of this server has not said who you are. Ask under the address at which one signs in."}

// signedIn refuses requests of nobody: where a proxy says whose a request is,
// one that does not come through the proxy, or that is told to be of several,
// gets nothing.
func (s *Site) signedIn(next handler) handler {
	if s.OwnerHeader == "" {
		return next
	}
	return func(w http.ResponseWriter, r *http.Request) error {
		if names := r.Header.Values(s.OwnerHeader); len(names) != 1 || !isName(names[0]) {
			return errNobody
		}
		return next(w, r)
	}
}

// isName reports whether an owner can be called so.
func isName(name string) bool {
	if name == "" || len(name) > maxOwner || !utf8.ValidString(name) {
		return false
	}
	for _, c := range name {
		if unicode.IsControl(c) {
			return false
		}
	}
	return true
}

// owner is whose the jobs are that a request makes.
func (s *Site) owner(r *http.Request) string {
	if name := s.reader(r); name != "" {
		return name
	}
	return everybody
}

// reader is whose jobs a request may see; empty: all.
func (s *Site) reader(r *http.Request) string {
	if s.OwnerHeader == "" {
		return ""
	}
	return r.Header.Get(s.OwnerHeader)
}

// sees reports whether a request may see a job.
func (s *Site) sees(r *http.Request, j jobs.Job) bool {
	reader := s.reader(r)
	return reader == "" || reader == j.Owner
}
