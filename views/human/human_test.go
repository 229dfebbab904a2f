package human_test

import (
	"math"
	"testing"

	"example.org/carryout/views/human"
)

func TestBytes(t *testing.T) {
	const gib = 1 << 30
	for n, want := range map[int64]string{
		math.MinInt64:   "0 bytes",
		-1:              "0 bytes",
		0:               "0 bytes",
		1:               "1 byte",
		1023:            "1,023 bytes",
		1024:            "1 KiB",
		1500:            "1.46 KiB",
		4 << 10:         "4 KiB",
		999 << 10:       "999 KiB",
		1000 << 10:      "0.98 MiB",
		1<<20 - 1:       "1 MiB",
		412 << 20:       "412 MiB",
		gib * 181 / 100: "1.81 GiB",
		gib * 43 / 10:   "4.3 GiB",
		gib * 10:        "10 GiB",
		math.MaxInt64:   "8 EiB",
	} {
		if got := human.Bytes(n); got != want {
			t.Errorf("%d: got %q, want %q", n, got, want)
		}
	}
	if got, want := human.Rate(12_373_197), "11.8 MiB/s"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestCount(t *testing.T) {
	for n, want := range map[int64]string{
		-5: "0", 0: "0", 7: "7", 999: "999", 1000: "1,000", 18204118: "18,204,118",
		123456: "123,456", math.MaxInt64: "9,223,372,036,854,775,807",
	} {
		if got := human.Count(n); got != want {
			t.Errorf("%d: got %q, want %q", n, got, want)
		}
	}
	for n, want := range map[int64]string{0: "0 files", 1: "1 file", 2000: "2,000 files"} {
		if got := human.Of(n, "file", "files"); got != want {
			t.Errorf("%d: got %q, want %q", n, got, want)
		}
	}
}

func TestOrdinal(t *testing.T) {
	for n, want := range map[int]string{
		-1: "0th", 1: "1st", 2: "2nd", 3: "3rd", 4: "4th", 11: "11th", 12: "12th", 13: "13th",
		21: "21st", 22: "22nd", 101: "101st", 111: "111th", 1002: "1,002nd",
	} {
		if got := human.Ordinal(n); got != want {
			t.Errorf("%d: got %q, want %q", n, got, want)
		}
	}
}
