package format

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"maps"
	"slices"

	"example.org/carryout/jobs/source"
)

// stateVersion begins the form of an archive's checkpoint. There follow: what
// the checkpoint belongs to, the length of the file, the place in the plan, the
// notes, and what the container needs. Numbers are varints, or little-endian
// where their length is fixed.
const stateVersion = 1

// state returns the checkpoint of what is written so far.
func (a *archive) state() []byte {
	b := append([]byte{stateVersion}, a.identity[:]...)
	b = appendUvarint(b, uint64(a.task.Out.Size()))
	b = appendUvarint(b, uint64(a.at.entry))
	b = appendUvarint(b, uint64(a.at.offset))
	b = a.notes.append(b)
	return a.out.append(b)
}

// restore reads what state has written. It returns ErrCheckpoint if the two
// do not belong together.
func (a *archive) restore(state []byte) error {
	d := &decoder{b: state}
	version, identity := d.byte(), d.bytes(len(a.identity))
	if d.failed || version != stateVersion || [16]byte(identity) != a.identity || d.int64() != a.task.Out.Size() {
		return ErrCheckpoint
	}
	a.at = place{d.int(), d.int64()}
	if !a.fits(a.at) {
		return ErrCheckpoint
	}
	a.notes = restoreNotes(d, min(a.at.entry, len(a.plan.Entries)-1))
	a.out.restore(d, a.at)
	if d.failed || len(d.b) > 0 {
		return ErrCheckpoint
	}
	return nil
}

// fits reports whether a piece of the plan can end there.
func (a *archive) fits(at place) bool {
	c := a.out.cuts()
	switch {
	case at.entry < 0 || at.entry > len(a.plan.Entries):
		return false
	case at.offset == 0:
		return true
	}
	if at.entry == len(a.plan.Entries) {
		return false
	}
	e := a.plan.Entries[at.entry]
	return e.Mode.IsRegular() && e.Size > c.whole && at.offset > 0 && at.offset < e.Size
}

// identify returns what tells a plan with options from all others.
func identify(ctx context.Context, p source.Plan, options map[string]string) [16]byte {
	h := sha256.New()
	var b []byte
	text := func(s string) {
		b = append(appendUvarint(b, uint64(len(s))), s...)
	}
	for _, name := range slices.Sorted(maps.Keys(options)) {
		text(name)
		text(options[name])
	}
	b = appendUvarint(b, uint64(len(p.Warnings)))
	for _, w := range p.Warnings {
		text(w.Code)
		text(w.Path)
	}
	for _, e := range p.Each(ctx) {
		text(e.Path)
		b = binary.LittleEndian.AppendUint32(b, uint32(e.Mode))
		b = binary.AppendVarint(b, e.Size)
		b = binary.AppendVarint(b, e.ModTime.UnixMilli())
		text(e.Target)
		if len(b) > 16<<10 {
			h.Write(b)
			b = b[:0]
		}
	}
	h.Write(b)
	return [16]byte(h.Sum(nil))
}

func appendUvarint(b []byte, v uint64) []byte { return binary.AppendUvarint(b, v) }

// appendField appends f after its length.
func appendField(b, f []byte) []byte { return append(appendUvarint(b, uint64(len(f))), f...) }

// A decoder takes numbers and bytes from the front of b. After a failure it
// returns nothing but zeros.
type decoder struct {
	b      []byte
	failed bool
}

func (d *decoder) fail() { d.failed, d.b = true, nil }

func (d *decoder) int64() int64 {
	v, n := binary.Uvarint(d.b)
	if n <= 0 || v > 1<<62 {
		d.fail()
		return 0
	}
	d.b = d.b[n:]
	return int64(v)
}

func (d *decoder) int() int { return int(d.int64()) }

// length returns the number of things that follow, none of which is empty.
func (d *decoder) length() int {
	n := d.int64()
	if n > int64(len(d.b)) {
		d.fail()
		return 0
	}
	return int(n)
}

func (d *decoder) bytes(n int) []byte {
	if n > len(d.b) {
		d.fail()
		return nil
	}
	b := d.b[:n:n]
	d.b = d.b[n:]
	return b
}

// field returns what appendField has appended.
func (d *decoder) field() []byte { return d.bytes(d.length()) }

func (d *decoder) byte() byte {
	if b := d.bytes(1); len(b) == 1 {
		return b[0]
	}
	return 0
}

func (d *decoder) uint32() uint32 {
	if b := d.bytes(4); len(b) == 4 {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}
