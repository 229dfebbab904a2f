package format

import "unicode/utf8"

const lowerHex = "0123456789abcdef"

// appendJSONString appends s as a JSON string, as encoding/json writes it
// without its escapes for HTML. Bytes that are not UTF-8 become U+FFFD.
func appendJSONString(b []byte, s string, l *losses) []byte {
	b = append(b, '"')
	invalid := int64(0)
	start := 0 // of what can be copied as it is
	for i := 0; i < len(s); {
		if c := s[i]; c < utf8.RuneSelf {
			if c < ' ' || c == '"' || c == '\\' {
				b = appendJSONEscape(append(b, s[start:i]...), c)
				start = i + 1
			}
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			b = append(append(b, s[start:i]...), `\ufffd`...)
			start, invalid = i+1, 1
		case r == '\u2028' || r == '\u2029': // lines to some readers of lines
			b = append(append(b, s[start:i]...), `\u202`...)
			b = append(b, lowerHex[r&15])
			start = i + size
		}
		i += size
	}
	l.text += invalid
	return append(append(b, s[start:]...), '"')
}

func appendJSONEscape(b []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(b, '\\', c)
	case '\b':
		return append(b, `\b`...)
	case '\f':
		return append(b, `\f`...)
	case '\n':
		return append(b, `\n`...)
	case '\r':
		return append(b, `\r`...)
	case '\t':
		return append(b, `\t`...)
	}
	return append(b, '\\', 'u', '0', '0', lowerHex[c>>4], lowerHex[c&15])
}
