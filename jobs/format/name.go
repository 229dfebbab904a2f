package format

import (
	"strings"
	"unicode/utf8"
)

const (
	// longestName is what a ZIP archive can hold; other archives are kept to it
	// so that they hold the same.
	longestName = 1<<16 - 1

	// longestPart is how long one part of a path may be on the systems that
	// people have.
	longestPart = 255
)

// rules say which names an archive can have.
type rules struct {
	not      string // ASCII that no part of a path may contain, beside what is not UTF-8
	portable bool   // names have to suit Windows and macOS too
}

// part returns what a part of a path is called in an archive. It is the part
// itself, but a byte that cannot stand there becomes %xHH, with its value in
// upper-case hexadecimal, and so does the % of a part that has such a sequence
// already (%xFF becomes %x25xFF). So different parts never get the same name,
// the same part has the same name in every archive of its kind, and it can be
// told from the name.
//
// No part is left that a path cannot have or that leads elsewhere: an empty
// one, "." and "..", and a drive at the start, such as "C:".
func (r rules) part(part string, first bool) string {
	if part == "" {
		return "%x2F" // the slash that ends or begins it
	}
	at := r.misplaced(part, first)
	if at < 0 && r.fits(part) {
		return part
	}
	b := make([]byte, 0, len(part)+16)
	for i := 0; i < len(part); {
		c, size := utf8.DecodeRuneInString(part[i:])
		if c == utf8.RuneError && size == 1 || r.forbids(c) || i == at || isEscape(part[i:]) {
			b = appendEscaped(b, part[i:i+size])
		} else {
			b = append(b, part[i:i+size]...)
		}
		i += size
	}
	return string(b)
}

// with returns the rules for names that are portable or not.
func (r rules) with(portable bool) rules { return rules{r.not, portable} }

// fits reports whether everything in part may be in a name.
func (r rules) fits(part string) bool {
	if !utf8.ValidString(part) || strings.Contains(part, "%x") {
		return false
	}
	for _, c := range part {
		if r.forbids(c) {
			return false
		}
	}
	return true
}

// forbids reports whether c may not be in a name.
func (r rules) forbids(c rune) bool {
	for i := range len(r.not) {
		if c == rune(r.not[i]) {
			return true
		}
	}
	return r.portable && windowsForbids(c)
}

// windowsForbids reports whether Windows takes c for something else in a name
// (https://learn.microsoft.com/windows/win32/fileio/naming-a-file).
func windowsForbids(c rune) bool {
	switch c {
	case '<', '>', ':', '"', '|', '?', '*', '\\':
		return true
	}
	return c < ' '
}

// misplaced returns the place of a byte that may be in a name, but not there,
// or -1.
func (r rules) misplaced(part string, first bool) int {
	last := len(part) - 1
	switch {
	case part == "." || part == "..",
		r.portable && (part[last] == '.' || part[last] == ' '): // Windows forgets them
		return last
	case first && last > 0 && part[1] == ':' && isLetter(part[0]):
		return 1
	case r.portable && isDevice(part):
		return 0
	}
	return -1
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

const upperHex = "0123456789ABCDEF"

func appendEscaped(b []byte, s string) []byte {
	for _, c := range []byte(s) {
		b = append(b, '%', 'x', upperHex[c>>4], upperHex[c&15])
	}
	return b
}

// isEscape reports whether s begins with what part makes of a byte.
func isEscape(s string) bool {
	return len(s) >= 4 && s[:2] == "%x" &&
		strings.IndexByte(upperHex, s[2]) >= 0 && strings.IndexByte(upperHex, s[3]) >= 0
}
