// Package human puts numbers into words: sizes, counts, times and estimates as
// people read them.
//
// Every function takes a whole number and returns a few words without a line
// break. A number does not change its looks between the server's pages, the
// terminal and the browser, because all three call this package.
//
// Sizes are bytes, shown with the binary units of IEC 80000-13 (1 KiB is 1,024
// bytes). Times are milliseconds; those of day are UTC.
//
// Nothing goes wrong here: what makes no sense, such as a negative size, reads
// as zero. More is never shown as less.
//
// The package imports strconv and nothing else, since the browser waits for
// every kilobyte of it.
package human

import "strconv"

// Count is n with a comma between thousands: "18,204,118".
func Count(n int64) string {
	digits := strconv.FormatInt(max(0, n), 10)
	first := (len(digits)-1)%3 + 1
	out := digits[:first]
	for i := first; i < len(digits); i += 3 {
		out += "," + digits[i:i+3]
	}
	return out
}

// Of is n things, whose name it is told for one and for more: "1 file",
// "2,000 files".
func Of(n int64, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return Count(n) + " " + more
}

// Ordinal is a place in a row, counting from 1: "1st", "22nd", "113th".
func Ordinal(n int) string {
	n = max(0, n)
	ending := "th"
	if n/10%10 != 1 { // 11th, 12th, 13th
		switch n % 10 {
		case 1:
			ending = "st"
		case 2:
			ending = "nd"
		case 3:
			ending = "rd"
		}
	}
	return Count(int64(n)) + ending
}
