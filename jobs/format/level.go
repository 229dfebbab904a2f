package format

import (
	"github.com/klauspost/compress/flate"
)

// levels is the option of all archives.
func levels() []Option {
	return []Option{{
		Name:    "level",
		Title:   "Compression",
		Default: "default",
		Values: []Choice{
			{"fastest", "Fastest"},
			{"default", "Balanced"},
			{"smallest", "Smallest file"},
			{"store", "None"},
		},
	}}
}

// deflateLevel returns the level of DEFLATE that stands for the option.
func deflateLevel(o map[string]string) int {
	switch o["level"] {
	case "fastest":
		return flate.BestSpeed
	case "smallest":
		return flate.BestCompression
	case "store":
		return flate.NoCompression
	}
	return 6
}
