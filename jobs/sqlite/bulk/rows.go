package bulk

import "encoding/binary"

// Rows are the values of a statement's parameters: those of the first row in
// order, those of the second, and so on. The zero value has no rows.
type Rows struct {
	data []byte
	n    int
}

// Next ends a row, which may be one without values.
func (r *Rows) Next() { r.n++ }

// Reset removes all rows, and keeps the room they took unless that is much.
func (r *Rows) Reset() {
	r.data, r.n = r.data[:0], 0
	if cap(r.data) > 1<<20 {
		r.data = nil
	}
}

// Len is how many rows there are.
func (r *Rows) Len() int { return r.n }

// Each value is a letter for its kind and, but for NULL, 8 bytes: the number, or
// how many bytes follow.

// Null adds NULL to the row.
func (r *Rows) Null() { r.data = append(r.data, 'n') }

// Int adds an integer.
func (r *Rows) Int(v int64) { r.number('i', v) }

// Text adds a text.
func (r *Rows) Text(v string) {
	r.number('t', int64(len(v)))
	r.data = append(r.data, v...)
}

// Blob adds bytes; nil is NULL.
func (r *Rows) Blob(v []byte) {
	if v == nil {
		r.Null()
		return
	}
	r.number('b', int64(len(v)))
	r.data = append(r.data, v...)
}

func (r *Rows) number(kind byte, v int64) {
	r.data = binary.NativeEndian.AppendUint64(append(r.data, kind), uint64(v))
}
