package web

import (
	"mime"
	"net/http"
	"strconv"
	"strings"
)

const (
	typeHTML   = "text/html"
	typeJSON   = "application/json"
	typeStream = "text/event-stream"
)

// errNotAcceptable answers an Accept header that rules out all there is.
var errNotAcceptable = &refusal{Status: http.StatusNotAcceptable, Code: "not_acceptable",
	Detail: "This address answers with application/json or text/html. Ask for one of them in the Accept header."}

// prefersHTML reports whether the client would rather have a page. A client
// that does not care, such as curl, would not.
func prefersHTML(r *http.Request) bool {
	a := accepts(r)
	return a.quality(typeHTML) > a.quality(typeJSON)
}

// answerable returns errNotAcceptable if the client takes none of types.
func answerable(r *http.Request, types ...string) error {
	a := accepts(r)
	for _, t := range types {
		if a.quality(t) > 0 {
			return nil
		}
	}
	return errNotAcceptable
}

// accept is an Accept header, taken apart (RFC 9110, section 12.5.1,
// https://www.rfc-editor.org/rfc/rfc9110#section-12.5.1). Empty: everything.
type accept []mediaRange

type mediaRange struct {
	name    string // such as "text/*"
	quality float64
}

func accepts(r *http.Request) (a accept) {
	for part := range strings.SplitSeq(strings.Join(r.Header.Values("Accept"), ","), ",") {
		name, params, err := mime.ParseMediaType(part)
		if err != nil {
			continue
		}
		q := 1.0
		if s, given := params["q"]; given {
			if q, err = strconv.ParseFloat(s, 64); err != nil || q < 0 || q > 1 {
				continue
			}
		}
		a = append(a, mediaRange{name, q})
	}
	return a
}

// quality returns how much a type is wanted, 0 to 1: what the most specific
// range says.
func (a accept) quality(name string) float64 {
	if len(a) == 0 {
		return 1
	}
	major, _, _ := strings.Cut(name, "/")
	for _, pattern := range []string{name, major + "/*", "*/*"} {
		for _, m := range a {
			if m.name == pattern {
				return m.quality
			}
		}
	}
	return 0
}
