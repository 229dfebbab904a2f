package human

import "strconv"

const (
	second = 1000 // in milliseconds, like all times here
	minute = 60 * second
	hour   = 60 * minute
	day    = 24 * hour
)

// Duration is how long something took, in its two largest units and never
// rounded up: "0.8 s", "37 s", "2 min 37 s", "1 h 5 min", "2 days 3 h".
func Duration(ms int64) string {
	ms = max(0, ms)
	switch {
	case ms < second/10:
		return "0 s"
	case ms < second:
		return "0." + strconv.FormatInt(ms/100, 10) + " s"
	case ms < minute:
		return amount(ms, second)
	case ms < hour:
		return pair(ms, minute, second)
	case ms < day:
		return pair(ms, hour, minute)
	}
	return pair(ms, day, hour)
}

// Coarse is a duration in its largest unit alone, never rounded up: "40 s",
// "3 h", "6 days".
func Coarse(ms int64) string {
	ms = max(0, ms)
	switch {
	case ms < minute:
		return amount(ms, second)
	case ms < hour:
		return amount(ms, minute)
	case ms < day:
		return amount(ms, hour)
	}
	return amount(ms, day)
}

// Ago is how long ago something was: "just now", "5 min ago", "2 days ago".
func Ago(ms int64) string {
	if ms < minute {
		return "just now"
	}
	return Coarse(ms) + " ago"
}

// Clock is the time of day of a moment counted from 1970, in UTC: "02:11:08".
func Clock(unixMilli int64) string {
	ms := (unixMilli%day + day) % day
	return two(ms/hour) + ":" + two(ms/minute%60) + ":" + two(ms/second%60)
}

func two(n int64) string {
	s := strconv.FormatInt(n, 10)
	if n < 10 {
		s = "0" + s
	}
	return s
}

// pair is ms in a unit and what is left over in a smaller one, unless that is
// nothing.
func pair(ms, unit, smaller int64) string {
	s := amount(ms, unit)
	if ms%unit >= smaller {
		s += " " + amount(ms%unit, smaller)
	}
	return s
}

// amount is how many whole units there are in ms.
func amount(ms, unit int64) string {
	n := ms / unit
	switch unit {
	case second:
		return Count(n) + " s"
	case minute:
		return Count(n) + " min"
	case hour:
		return Count(n) + " h"
	}
	return Of(n, "day", "days")
}
