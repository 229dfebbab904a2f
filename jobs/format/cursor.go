package format

import (
	"encoding/binary"

	"example.org/carryout/jobs/source"
)

// cursorVersion begins the form of a cursor, a list of varints.
const cursorVersion = 1

// cursor is the checkpoint of a table: the row after which it goes on, and
// what there was to count up to it.
type cursor struct {
	position source.Position
	rows     int64
	losses   losses
}

func (c *cursor) fields() []*int64 {
	return []*int64{(*int64)(&c.position), &c.rows, &c.losses.text, &c.losses.numbers}
}

func (c *cursor) append() []byte {
	b := []byte{cursorVersion}
	for _, v := range c.fields() {
		b = binary.AppendVarint(b, *v)
	}
	return b
}

// parseCursor reads what append has written.
func parseCursor(b []byte) (c cursor, err error) {
	if len(b) == 0 || b[0] != cursorVersion {
		return c, ErrCheckpoint
	}
	b = b[1:]
	for _, v := range c.fields() {
		value, n := binary.Varint(b)
		if n <= 0 {
			return c, ErrCheckpoint
		}
		*v, b = value, b[n:]
	}
	if len(b) != 0 {
		return c, ErrCheckpoint
	}
	return c, nil
}
