package format

import "example.org/carryout/jobs"

// A fate is what became of an entry. It stands in checkpoints: a number keeps
// its meaning.
type fate byte

const (
	whole fate = 0 // in the archive, as it was planned

	// Left out.
	tooLong    fate = 1 // its name
	unreadable fate = 2
	vanished   fate = 3
	turned     fate = 4 // no longer a file

	// In the archive, but not as it was planned.
	broken  fate = 5 // unreadable from somewhere on
	shorter fate = 6
	longer  fate = 7
	touched fate = 8 // of the same size, but changed

	fates = 9
)

func (f fate) leftOut() bool { return f >= tooLong && f <= turned }

// within returns f for a file that is in the archive already, because an
// earlier run has begun with it.
func (f fate) within() fate {
	if f.leftOut() {
		return broken
	}
	return f
}

// warning says in words what became of the entry at path. pads tells that what
// is missing of it is filled with zeros.
func (f fate) warning(path string, pads bool) jobs.Warning {
	rest := "the archive has what could be read of it."
	if pads {
		rest = "the rest of it is filled with zeros."
	}
	w := jobs.Warning{Code: "changed", Path: path}
	switch f {
	case tooLong:
		w.Code, w.Message = "name_too_long", "The name is too long for an archive, so it is left out."
	case unreadable:
		w.Code, w.Message = "unreadable", "The file could not be read, so it is left out."
	case vanished:
		w.Code, w.Message = "vanished", "The file was gone when its turn came, so it is left out."
	case turned:
		w.Message = "It was no longer a file when its turn came, so it is left out."
	case broken:
		w.Code, w.Message = "unreadable", "The file could not be read to its end; "+rest
	case shorter:
		w.Message = "The file became shorter while it was read; " + rest
	case longer:
		w.Message = "The file became longer; it ends where it did when the export began."
	case touched:
		w.Message = "The file was changed after the export began; what the archive has of it may be partly old and partly new."
	}
	return w
}

// A note is the fate of an entry of the plan that is not whole.
type note struct {
	entry int
	fate  fate
}

// notes are in the order of the plan.
type notes []note

func (n notes) append(b []byte) []byte {
	b = appendUvarint(b, uint64(len(n)))
	last := 0
	for _, note := range n {
		b = append(appendUvarint(b, uint64(note.entry-last)), byte(note.fate))
		last = note.entry
	}
	return b
}

// restoreNotes reads what append has written, of entries up to end.
func restoreNotes(d *decoder, end int) (n notes) {
	last := 0
	for range d.length() {
		last += d.int()
		f := fate(d.byte())
		if f == whole || f >= fates || last < 0 || last > end {
			d.fail()
			return nil
		}
		n = append(n, note{last, f})
	}
	return n
}
