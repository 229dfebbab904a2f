package human_test

import (
	"math"
	"testing"

	"example.org/carryout/views/human"
)

const (
	second = int64(1000)
	minute = 60 * second
	hour   = 60 * minute
	day    = 24 * hour
)

func TestTimesAsWords(t *testing.T) {
	for _, c := range []struct {
		name string
		in   func(int64) string
		ms   int64
		want string
	}{
		{"Duration", human.Duration, -minute, "0 s"},
		{"Duration", human.Duration, 99, "0 s"},
		{"Duration", human.Duration, 850, "0.8 s"},
		{"Duration", human.Duration, 59_999, "59 s"},
		{"Duration", human.Duration, minute, "1 min"},
		{"Duration", human.Duration, 2*minute + 37*second + 900, "2 min 37 s"},
		{"Duration", human.Duration, hour + 5*minute + 59*second, "1 h 5 min"},
		{"Duration", human.Duration, 2*day + 3*hour, "2 days 3 h"},
		{"Duration", human.Duration, day + minute, "1 day"},
		{"Coarse", human.Coarse, 6*day + 23*hour, "6 days"},
		{"Coarse", human.Coarse, 5*hour + 59*minute, "5 h"},
		{"Coarse", human.Coarse, 40 * second, "40 s"},
		{"Ago", human.Ago, -hour, "just now"},
		{"Ago", human.Ago, 59 * second, "just now"},
		{"Ago", human.Ago, 5 * minute, "5 min ago"},
		{"Ago", human.Ago, day, "1 day ago"},
		{"Clock", human.Clock, 0, "00:00:00"},
		{"Clock", human.Clock, 3*day + 2*hour + 11*minute + 8*second + 999, "02:11:08"},
		{"Clock", human.Clock, -second, "23:59:59"},
		{"Clock", human.Clock, math.MinInt64, "16:47:04"},
	} {
		if got := c.in(c.ms); got != c.want {
			t.Errorf("%s(%d): got %q, want %q", c.name, c.ms, got, c.want)
		}
	}
}

func TestSpan(t *testing.T) {
	for _, c := range []struct {
		low, high int64
		want      string
	}{
		{0, 0, "under 5 s"},
		{-hour, 5 * second, "under 5 s"},
		{3 * second, 8 * second, "3 to 8 s"},
		{7 * second, 7 * second, "7 s"},
		{400, 8 * second, "up to 8 s"},
		{21 * second, 29 * second, "20 to 30 s"},
		{2 * second, 29 * second, "up to 30 s"},
		{3 * minute, 3*minute + 40*second, "3 to 4 min"},
		{4 * minute, 3 * minute, "3 to 4 min"},
		{4 * minute, 4 * minute, "4 min"},
		{42 * second, 2 * minute, "40 s to 2 min"},
		{100, 2 * minute, "1 s to 2 min"},
		{23 * minute, 31 * minute, "20 to 35 min"},
		{50 * minute, 3*hour - 1, "50 min to 3 h"},
		{25 * hour, 30 * hour, "25 to 30 h"},
		{3 * day, 5*day - 1, "3 to 5 days"},
		{5 * hour, 3 * day, "5 h to 3 days"},
	} {
		if got := human.Span(c.low, c.high); got != c.want {
			t.Errorf("Span(%d, %d): got %q, want %q", c.low, c.high, got, c.want)
		}
	}
}
