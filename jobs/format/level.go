package format

import "example.org/carryout/jobs/format/deflate"

// level is an option of all archives that can be compressed.
func level() Option {
	return Option{
		Name:    "level",
		Title:   "Compression",
		Default: "default",
		Values: []Choice{
			{"fastest", "Fastest"},
			{"default", "Balanced"},
			{"smallest", "Smallest file"},
			{"store", "None"},
		},
	}
}

// A deflateLevel says how hard to compress, if at all.
type deflateLevel struct {
	level deflate.Level
	store bool
}

// newDeflateLevel returns the level that stands for the option.
func newDeflateLevel(o map[string]string) deflateLevel {
	switch o["level"] {
	case "fastest":
		return deflateLevel{level: deflate.Fastest}
	case "smallest":
		return deflateLevel{level: deflate.Smallest}
	case "store":
		return deflateLevel{store: true}
	}
	return deflateLevel{level: deflate.Default}
}

// effort returns what compressing at the level takes.
func (l deflateLevel) effort() effort {
	e := effort{opening: 12 << 10}
	switch {
	case l.store:
		e.packing = 1
	case l.level == deflate.Fastest:
		e.packing = 2.2
	case l.level == deflate.Smallest:
		e.packing = 3.8
	default:
		e.packing = 2.9
	}
	return e
}
