package web

import (
	"net/http"
	"strconv"
	"strings"
)

var errRange = &refusal{Status: http.StatusRequestedRangeNotSatisfiable, Code: "bad_range",
	Detail: "The file has no such range. Content-Range says how long it is."}

// checkRange prepares a Range header for http.ServeContent, which answers
// what it cannot serve as plain text and takes some for good that is not. A
// range of another unit, or one that is malformed, is as if it were not there
// (RFC 9110, section 14.2, https://www.rfc-editor.org/rfc/rfc9110#section-14.2);
// errRange reports one of which the file has no byte.
func checkRange(r *http.Request, size int64) error {
	list, ok := strings.CutPrefix(r.Header.Get("Range"), "bytes=")
	if !ok {
		r.Header.Del("Range")
		return nil
	}
	some := false
	for one := range strings.SplitSeq(list, ",") {
		first, last, ok := bounds(strings.TrimSpace(one), size)
		if !ok {
			r.Header.Del("Range")
			return nil
		}
		some = some || first < size && first <= last
	}
	if !some && r.Header.Get("If-Range") == "" {
		return errRange
	}
	return nil
}

// bounds reads one range of a file: "0-9", "10-", or "-5" for its end.
func bounds(one string, size int64) (first, last int64, ok bool) {
	from, to, ok := strings.Cut(one, "-")
	if !ok || !digits(from) || !digits(to) || from == "" && to == "" {
		return 0, 0, false
	}
	if from == "" {
		return size - min(number(to), size), size - 1, true
	}
	first, last = number(from), size-1
	if to != "" {
		last = number(to)
	}
	return first, last, first <= last || to == ""
}

func digits(s string) bool { return strings.Trim(s, "0123456789") == "" }

// number reads digits; what is too large for an int64 is beyond every file.
func number(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 1<<63 - 1
	}
	return n
}
