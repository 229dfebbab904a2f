package web

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// policy is the Content-Security-Policy of every answer: pages hold no inline
// script or style, and nobody frames them (https://www.w3.org/TR/CSP3/).
const policy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; " +
	"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

var (
	errHost = &refusal{Status: http.StatusMisdirectedRequest, Code: "unknown_host",
		Detail: "This server does not answer under that name. Use its address, or start it with -allow-host and the name."}
	errCrossOrigin = &refusal{Status: http.StatusForbidden, Code: "cross_origin",
		Detail: "A page of another origin may not change anything here."}
)

// guard is around everything: the headers that keep a browser safe, the names
// under which the server may be asked, and who may ask from elsewhere.
func (s *Site) guard(next http.Handler) http.Handler {
	cross := http.NewCrossOriginProtection()
	cross.SetDenyHandler(s.answer(func(http.ResponseWriter, *http.Request) error { return errCrossOrigin }))
	next = cross.Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		if !s.allowsHost(r.Host) {
			s.refuse(w, r, errHost)
			return
		}
		s.allowReading(h, r)
		next.ServeHTTP(w, r)
	})
}

// allowsHost reports whether the server may be asked under that name. An
// address is always right: what DNS rebinding needs is a name.
func (s *Site) allowsHost(host string) bool {
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	name = strings.TrimSuffix(strings.ToLower(name), ".")
	if _, err := netip.ParseAddr(strings.Trim(name, "[]")); err == nil {
		return true
	}
	return name == "localhost" || strings.HasSuffix(name, ".localhost") || slices.ContainsFunc(s.AllowHosts, func(allowed string) bool {
		return strings.EqualFold(allowed, name) || strings.EqualFold(allowed, host)
	})
}

// allowReading lets pages of the origins that the operator has named read the
// answers (https://fetch.spec.whatwg.org/#http-cors-protocol). They send no
// credentials and change nothing.
func (s *Site) allowReading(h http.Header, r *http.Request) {
	if len(s.AllowOrigins) == 0 {
		return
	}
	h.Add("Vary", "Origin")
	origin := r.Header.Get("Origin")
	switch {
	case origin == "":
	case slices.Contains(s.AllowOrigins, "*"):
		h.Set("Access-Control-Allow-Origin", "*")
	case slices.Contains(s.AllowOrigins, origin):
		h.Set("Access-Control-Allow-Origin", origin)
	default:
		return
	}
	h.Set("Access-Control-Expose-Headers", "ETag, Repr-Digest, Content-Disposition, Content-Range, Location")
}
