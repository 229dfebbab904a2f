package human_test

import (
	"strconv"
	"strings"
	"testing"

	"example.org/carryout/views/human"
)

// What the units are worth, to read the words back.
var units = map[string]float64{
	"byte": 1, "bytes": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40, "PiB": 1 << 50, "EiB": 1 << 60,
	"s": 1000, "min": 60_000, "h": 3_600_000, "day": 86_400_000, "days": 86_400_000,
}

// value reads words such as "2 min 37 s" back into a number.
func value(t *testing.T, words string) (sum float64) {
	t.Helper()
	fields := strings.Fields(strings.ReplaceAll(words, ",", ""))
	for len(fields) >= 2 {
		n, err := strconv.ParseFloat(fields[0], 64)
		unit, known := units[fields[1]]
		if err != nil || !known || n < 0 {
			t.Fatalf("%q does not read as a number", words)
		}
		sum, fields = sum+n*unit, fields[2:]
	}
	if len(fields) != 0 {
		t.Fatalf("%q does not read as a number", words)
	}
	return sum
}

func FuzzMoreIsNeverShownAsLess(f *testing.F) {
	for _, n := range []int64{-1, 0, 1, 1023, 1 << 20, 999<<10 + 512, 86_399_999, 1<<63 - 1} {
		f.Add(n, int64(1))
		f.Add(n, n/2)
	}
	f.Fuzz(func(t *testing.T, a, b int64) {
		less, more := min(a, b), max(a, b)
		for name, words := range map[string]func(int64) string{
			"Bytes": human.Bytes, "Duration": human.Duration, "Coarse": human.Coarse,
		} {
			x, y := words(less), words(more)
			if value(t, x) > value(t, y) {
				t.Errorf("%s: %d is %q, but %d is %q", name, less, x, more, y)
			}
		}
	})
}

func FuzzSpanHoldsBothEnds(f *testing.F) {
	f.Add(int64(0), int64(0))
	f.Add(int64(42_000), int64(120_000))
	f.Add(int64(89_000), int64(91_000))
	f.Add(int64(1_199_999), int64(1_200_001))
	f.Fuzz(func(t *testing.T, a, b int64) {
		const century = 100 * 365 * day
		a, b = a%century, b%century
		low, high := max(0, min(a, b)), max(0, a, b)
		words := human.Span(a, b)
		top := words
		if i := strings.LastIndex(words, "to "); i >= 0 {
			top = words[i+len("to "):]
		}
		if got := value(t, strings.TrimPrefix(top, "under ")); got < float64(high) {
			t.Errorf("Span(%d, %d): got %q, which ends too early", low, high, words)
		}
		bottom, _, ranged := strings.Cut(words, " to ")
		if !ranged || strings.HasPrefix(words, "up") {
			return
		}
		if !strings.Contains(bottom, " ") {
			bottom += top[strings.LastIndex(top, " "):]
		}
		if got := value(t, bottom); got > float64(low) && low >= second {
			t.Errorf("Span(%d, %d): got %q, which begins too late", low, high, words)
		}
	})
}
