package static

import (
	"strconv"
	"strings"
)

// identity is the coding of a file as it is.
const identity = "identity"

// choose picks the form that an Accept-Encoding header wants most, and of
// equals the smallest. It reports false if the header rules out all of them.
func (f file) choose(header []string) (best form, ok bool) {
	accepted := parseAccept(header)
	most := 0.0
	for _, c := range f.forms {
		if q := accepted.quality(c.coding); q > most {
			best, most = c, q
		}
	}
	return best, most > 0
}

// accept is how much each coding is wanted, 0 to 1.
type accept map[string]float64

// parseAccept reads an Accept-Encoding header. An entry that makes no sense is
// passed over.
func parseAccept(header []string) accept {
	a := make(accept)
	for entry := range strings.SplitSeq(strings.Join(header, ","), ",") {
		coding, weight, weighted := strings.Cut(entry, ";")
		coding = strings.ToLower(strings.TrimSpace(coding))
		if coding == "x-gzip" { // https://www.rfc-editor.org/rfc/rfc9110#section-8.4.1.3
			coding = "gzip"
		}
		q := 1.0
		if weighted {
			var ok bool
			if q, ok = parseWeight(weight); !ok {
				continue
			}
		}
		if coding != "" {
			a[coding] = q
		}
	}
	return a
}

// parseWeight reads "q=0.5".
func parseWeight(s string) (q float64, ok bool) {
	name, value, _ := strings.Cut(strings.TrimSpace(s), "=")
	if !strings.EqualFold(strings.TrimSpace(name), "q") {
		return 0, false
	}
	q, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
	return q, err == nil && q >= 0 && q <= 1
}

// quality is how much a coding is wanted. A file as it is will do unless it is
// ruled out, and comes last unless it is named.
func (a accept) quality(coding string) float64 {
	if q, named := a[coding]; named {
		return q
	}
	if q, named := a["*"]; named {
		return q
	}
	if coding == identity {
		return 1e-6
	}
	return 0
}
