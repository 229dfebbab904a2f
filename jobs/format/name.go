package format

import (
	"strings"
	"unicode/utf8"
)

// longestName is what a ZIP archive can hold; other archives are kept to it so
// that they hold the same.
const longestName = 1<<16 - 1

// naming says which bytes of a path an archive's name cannot have, beside
// those that are not UTF-8.
type naming struct{ not string }

// name returns what a path is called in an archive. It is the path itself, but
// a byte that cannot stand there becomes %xHH, with its value in upper-case
// hexadecimal, and so does the % of a path that has such a sequence already
// (%xFF becomes %x25xFF). So different paths never get the same name, the same
// path has the same name in every archive, and it can be told from the name.
func (n naming) name(path string) string {
	if n.fits(path) {
		return path
	}
	b := make([]byte, 0, len(path)+16)
	for i := 0; i < len(path); {
		r, size := utf8.DecodeRuneInString(path[i:])
		bad := r == utf8.RuneError && size == 1 || strings.ContainsRune(n.not, r)
		if bad || isEscape(path[i:]) {
			for _, c := range []byte(path[i : i+size]) {
				b = append(b, '%', 'x', upperHex[c>>4], upperHex[c&15])
			}
		} else {
			b = append(b, path[i:i+size]...)
		}
		i += size
	}
	return string(b)
}

const upperHex = "0123456789ABCDEF"

func (n naming) fits(path string) bool {
	return utf8.ValidString(path) && !strings.ContainsAny(path, n.not) && !strings.Contains(path, "%x")
}

// isEscape reports whether s begins with what name makes of a byte.
func isEscape(s string) bool {
	return len(s) >= 4 && s[:2] == "%x" &&
		strings.IndexByte(upperHex, s[2]) >= 0 && strings.IndexByte(upperHex, s[3]) >= 0
}
