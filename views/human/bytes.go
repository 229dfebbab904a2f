package human

import "strconv"

// Bytes is a size with up to three digits that count: "412 MiB", "1.81 GiB",
// "4.3 GiB". Below one KiB it is exact.
func Bytes(n int64) string {
	if n < 1024 {
		return Of(max(0, n), "byte", "bytes")
	}
	v, unit := float64(n)/1024, 0
	for v >= 999.5 { // which would take four digits
		v /= 1024
		unit++
	}
	return threeDigits(v) + " " + [...]string{"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"}[unit]
}

// Rate is a speed in bytes a second: "11.8 MiB/s".
func Rate(n int64) string { return Bytes(n) + "/s" }

// threeDigits is v, which is below 999.5, rounded to three digits and without
// zeros at the end of a fraction.
func threeDigits(v float64) string {
	decimals := 0
	switch {
	case v < 9.995:
		decimals = 2
	case v < 99.95:
		decimals = 1
	}
	s := strconv.FormatFloat(v, 'f', decimals, 64)
	if decimals == 0 {
		return s
	}
	for s[len(s)-1] == '0' {
		s = s[:len(s)-1]
	}
	if s[len(s)-1] == '.' {
		s = s[:len(s)-1]
	}
	return s
}
