package human

// Span is an estimate between two durations, as rough as estimates are: "under
// 5 s", "20 to 30 s", "3 to 4 min", "40 s to 2 min", "4 min". The lower end is
// rounded down and the higher one up, so that the words promise no more than
// the numbers. Ends that are the wrong way round are swapped.
func Span(low, high int64) string {
	low, high = max(0, min(low, high)), max(0, low, high)
	if high <= 5*second {
		return "under 5 s"
	}
	unit, step := grain(high)
	top := roundUp(high, step)
	bottom := low / step * step
	if bottom < unit && unit > second { // it would read as nothing
		smaller, step := grain(low)
		return amount(max(low/step*step, smaller), smaller) + " to " + amount(top, unit)
	}
	switch bottom {
	case top:
		return amount(top, unit)
	case 0:
		return "up to " + amount(top, unit)
	}
	return Count(bottom/unit) + " to " + amount(top, unit)
}

// grain is the unit in which a duration of about ms is told, and the step to
// which it is rounded. Each step divides the first duration of the next line,
// so that rounding up never skips a unit.
func grain(ms int64) (unit, step int64) {
	switch {
	case ms <= 10*second:
		return second, second
	case ms <= 90*second:
		return second, 5 * second
	case ms <= 20*minute:
		return minute, minute
	case ms <= 120*minute:
		return minute, 5 * minute
	case ms <= 48*hour:
		return hour, hour
	}
	return day, day
}

// roundUp is the first multiple of step that is not below ms.
func roundUp(ms, step int64) int64 {
	over := ms % step
	if over == 0 {
		return ms
	}
	if ms > ms-over+step { // past the end of the numbers
		return ms
	}
	return ms - over + step
}
