package format

import (
	"bytes"
	"math"
	"strconv"
)

// appendFloat appends f, which is finite, in the fewest digits that read back
// as the same number, and so that it is seen to be no integer: 0.1, 1.0, 1e300.
func appendFloat(b []byte, f float64) []byte {
	abs := math.Abs(f)
	if abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		return appendExponent(b, f)
	}
	start := len(b)
	b = strconv.AppendFloat(b, f, 'f', -1, 64)
	if bytes.IndexByte(b[start:], '.') < 0 {
		b = append(b, ".0"...)
	}
	return b
}

// appendExponent is strconv's form without the signs and zeros that say
// nothing: 1e300 for 1e+300, 1e-7 for 1e-07.
func appendExponent(b []byte, f float64) []byte {
	start := len(b)
	b = strconv.AppendFloat(b, f, 'e', -1, 64)
	digits := start + bytes.IndexByte(b[start:], 'e') + 1
	if b[digits] == '-' {
		digits++
	}
	from := digits
	for from < len(b)-1 && (b[from] == '+' || b[from] == '0') {
		from++
	}
	return append(b[:digits], b[from:]...)
}
