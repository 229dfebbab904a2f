package main

import "testing"

func TestSizes(t *testing.T) {
	for text, want := range map[string]int64{
		"0": 0, "1": 1, "1024B": 1024, "2KiB": 2048, "2k": 2048, "2kB": 2000, "500MiB": 500 << 20, "20G": 20 << 30, "20 G": 20 << 30,
		"1.5TB": 1_500_000_000_000, "0.5K": 512, "9223372036854775807": 1<<63 - 1, "-1": -1,
	} {
		var got size
		if err := got.Set(text); err != nil || int64(got) != want {
			t.Errorf("%q: got %d, %v, want %d", text, got, err, want)
		}
	}
	for bytes, want := range map[size]string{0: "0", 1: "1", 1000: "1000", 2048: "2KiB", 128 << 20: "128MiB", 1536 << 20: "1536MiB", 20 << 30: "20GiB", 3 << 40: "3TiB"} {
		got := bytes.String()
		if back := size(0); got != want || back.Set(got) != nil || back != bytes {
			t.Errorf("%d: got %s, which is %d, want %s", bytes, got, back, want)
		}
	}
	for _, text := range []string{"", "G", "x", "1X", "1e3", "0x10", "1_000", "inf", "NaN", "9000000000T", "1.2.3G", "1 GiB GiB"} {
		var got size
		if err := got.Set(text); err == nil {
			t.Errorf("%q: got %d, want an error", text, got)
		}
	}
}
