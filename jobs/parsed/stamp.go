package parsed

import "time"

// layout has a digit wherever a time has one. Reading it by hand spares the
// browser all that package time knows about layouts and time zones.
const layout = "0000-00-00T00:00:00.000Z"

// stamp reads a time as jobs/wire writes it: UTC, RFC 3339, milliseconds. What
// is none is the zero time.
func stamp(s string) time.Time {
	if len(s) != len(layout) {
		return time.Time{}
	}
	for i := range len(layout) {
		digit := s[i] >= '0' && s[i] <= '9'
		if layout[i] == '0' && !digit || layout[i] != '0' && s[i] != layout[i] {
			return time.Time{}
		}
	}
	days := daysTo(number(s[0:4]), number(s[5:7])) + number(s[8:10]) - 1
	seconds := (number(s[11:13])*60+number(s[14:16]))*60 + number(s[17:19])
	return time.UnixMilli(days*86_400_000 + seconds*1000 + number(s[20:23])).UTC()
}

// daysTo is how many days lie between 1970 and the first of a month, in the
// Gregorian calendar. The year is taken to begin in March, so that a leap day
// is its last (https://howardhinnant.github.io/date_algorithms.html).
func daysTo(year, month int64) int64 {
	if month <= 2 {
		year, month = year-1, month+12
	}
	return year*365 + year/4 - year/100 + year/400 + (153*(month-3)+2)/5 - 719_468
}

// number is the value of some digits.
func number(s string) (n int64) {
	for i := range len(s) {
		n = n*10 + int64(s[i]-'0')
	}
	return n
}
