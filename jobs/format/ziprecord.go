package format

import "encoding/binary"

// A zipRecord is what the directory at the end says of an entry, and what the
// plan does not say already.
type zipRecord struct {
	there    bool // else it was left out
	deflated bool
	after    bool // crc and sizes stand after the content
	crc      uint32
	packed   int64
	size     int64
}

const (
	recordThere = 1 << iota
	recordDeflated
	recordAfter
)

// append appends r as it is kept until the end: there may be very many.
func (r zipRecord) append(b []byte) []byte {
	if !r.there {
		return append(b, 0)
	}
	flags := byte(recordThere)
	if r.deflated {
		flags |= recordDeflated
	}
	if r.after {
		flags |= recordAfter
	}
	b = appendUvarint(append(b, flags), uint64(r.size))
	if r.size > 0 {
		b = binary.LittleEndian.AppendUint32(b, r.crc)
	}
	if r.deflated {
		b = appendUvarint(b, uint64(r.packed))
	}
	return b
}

// readRecord reads what append has written.
func readRecord(d *decoder) (r zipRecord) {
	flags := d.byte()
	if flags == 0 {
		return r
	}
	r.there, r.deflated, r.after = true, flags&recordDeflated != 0, flags&recordAfter != 0
	r.size = d.int64()
	if r.size > 0 {
		r.crc = d.uint32()
	}
	r.packed = r.size
	if r.deflated {
		r.packed = d.int64()
	}
	return r
}

// isLong reports whether the sizes of the entry, where they stand around its
// content, have 64 bits. It looks at the size that was planned where the
// other was not known yet.
func (r zipRecord) isLong(m member) bool {
	if r.after {
		return storedSize(m.size)+m.size>>12 >= max32 // more than it can become
	}
	return r.size >= max32 || r.packed >= max32
}

func (r zipRecord) flags(m member) (f uint16) {
	if r.after {
		f |= afterFlag
	}
	if !isASCII(m.name) {
		f |= utf8Flag
	}
	return f
}

func (r zipRecord) method() uint16 {
	if r.deflated {
		return deflated
	}
	return 0
}

// localLength returns how much stands around the content.
func (r zipRecord) localLength(m member) int64 {
	n := int64(localSize + len(m.name) + timeSize)
	long := r.isLong(m)
	if long {
		n += zip64Size
	}
	if r.after {
		n += 16
	}
	if r.after && long {
		n += 8
	}
	return n
}
