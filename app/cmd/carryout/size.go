package main

import (
	"errors"
	"math"
	"strconv"
	"strings"
)

// size is the value of a flag that is a number of bytes.
type size int64

var errSize = errors.New("a size is a number of bytes, or one with a unit, such as 500MiB, 20G or 1.5TB")

// units are what may stand behind the number: powers of 1024, as a single letter
// too, and of 1000 (https://en.wikipedia.org/wiki/Binary_prefix).
var units = []struct {
	suffix string
	bytes  float64
}{
	{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"TiB", 1 << 40},
	{"kB", 1e3}, {"KB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12},
	{"k", 1 << 10}, {"K", 1 << 10}, {"M", 1 << 20}, {"G", 1 << 30}, {"T", 1 << 40}, {"B", 1},
}

// String implements [flag.Value].
func (s *size) String() string {
	for _, u := range []string{"TiB", "GiB", "MiB", "KiB"} {
		unit := size(1) << (10 * (strings.Index("KMGT", u[:1]) + 1))
		if *s != 0 && *s%unit == 0 {
			return strconv.FormatInt(int64(*s/unit), 10) + u
		}
	}
	return strconv.FormatInt(int64(*s), 10)
}

// Set implements [flag.Value].
func (s *size) Set(value string) error {
	number, unit := value, 1.0
	for _, u := range units {
		if before, ok := strings.CutSuffix(value, u.suffix); ok {
			number, unit = strings.TrimSpace(before), u.bytes
			break
		}
	}
	if n, err := strconv.ParseInt(number, 10, 64); err == nil && unit == 1 { // exact, however large
		*s = size(n)
		return nil
	}
	f, err := strconv.ParseFloat(number, 64)
	if err != nil || strings.ContainsAny(number, "eExXpPiInN_") || math.Abs(f*unit) >= 1<<63 {
		return errSize
	}
	*s = size(f * unit)
	return nil
}
