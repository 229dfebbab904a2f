package format

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

// A deflateLevel says how hard to compress contents of a middle length, which
// is where a slower level gains most for its time, and all others. The levels
// are those of package flate.
type deflateLevel struct{ most, middle int }

const (
	middleFrom = 64 << 10
	middleTo   = 384 << 10
)

// newDeflateLevel returns the level that stands for the option.
func newDeflateLevel(o map[string]string) deflateLevel {
	switch o["level"] {
	case "fastest":
		return deflateLevel{1, 1}
	case "smallest":
		return deflateLevel{7, 7}
	case "store":
		return deflateLevel{0, 0}
	}
	return deflateLevel{6, 7}
}

// effort returns what compressing at the level takes.
func (l deflateLevel) effort() effort {
	e := effort{opening: 12 << 10}
	switch l.most {
	case 0:
		e.packing = 1
	case 1:
		e.packing = 2.5
	case 6:
		e.packing = 4.5
	default:
		e.packing = 8
	}
	return e
}
