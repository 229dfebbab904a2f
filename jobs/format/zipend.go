package format

import "encoding/binary"

// end implements container: it writes the central directory (4.3.12), from the
// plan and the records of what became of it.
func (z *zipper) end(from reader, entries int) error {
	d := &decoder{b: z.records}
	dir := zipDirectory{start: z.out.Size()}
	for i := 0; len(d.b) > 0; i++ {
		var m member
		if i < entries {
			m = from.member(i)
		} else {
			m = z.added
		}
		r := readRecord(d)
		if !r.there {
			continue
		}
		dir.add(m, r)
		if len(dir.b) >= 64<<10 {
			if err := z.flush(&dir); err != nil {
				return err
			}
		}
	}
	if err := z.flush(&dir); err != nil {
		return err
	}
	dir.end(z.out.Size())
	return z.flush(&dir)
}

func (z *zipper) flush(dir *zipDirectory) error {
	_, err := z.out.Write(dir.b)
	dir.b = dir.b[:0]
	return err
}

// zipDirectory is the central directory on its way.
type zipDirectory struct {
	b       []byte
	start   int64
	offset  int64 // of the next entry's local header
	entries int64
}

// add appends an entry.
func (d *zipDirectory) add(m member, r zipRecord) {
	le := binary.LittleEndian
	var long []byte // what does not fit
	fit := func(v int64) uint32 {
		if v < max32 {
			return uint32(v)
		}
		long = le.AppendUint64(long, uint64(v))
		return max32
	}
	size, packed, offset := fit(r.size), fit(r.packed), fit(d.offset) // in the order of 4.5.3
	extra := timeSize
	if len(long) > 0 {
		extra += 4 + len(long)
	}
	version := neededVersion(len(long) > 0 || r.isLong(m))
	date, clock := dosTime(zipTime(m.modTime))
	b := le.AppendUint32(d.b, centralSignature)
	b = le.AppendUint16(b, byUnix|version)
	b = le.AppendUint16(b, version)
	b = le.AppendUint16(b, r.flags(m))
	b = le.AppendUint16(b, r.method())
	b = le.AppendUint16(b, clock)
	b = le.AppendUint16(b, date)
	b = le.AppendUint32(b, r.crc)
	b = le.AppendUint32(b, packed)
	b = le.AppendUint32(b, size)
	b = le.AppendUint16(b, uint16(len(m.name)))
	b = le.AppendUint16(b, uint16(extra))
	b = append(b, 0, 0, 0, 0, 0, 0) // no comment, first disk, not known to be text
	b = le.AppendUint32(b, zipMode(m.mode))
	b = le.AppendUint32(b, offset)
	b = append(b, m.name...)
	if len(long) > 0 {
		b = le.AppendUint16(b, zip64Extra)
		b = le.AppendUint16(b, uint16(len(long)))
		b = append(b, long...)
	}
	d.b = appendTime(b, zipTime(m.modTime))
	d.offset += r.localLength(m) + r.packed
	d.entries++
}

// end appends what stands after the directory, which ends at the offset at.
func (d *zipDirectory) end(at int64) {
	le := binary.LittleEndian
	size := at - d.start
	if d.entries >= max16 || size >= max32 || d.start >= max32 {
		d.end64(at)
	}
	d.b = le.AppendUint32(d.b, endSignature)
	d.b = append(d.b, 0, 0, 0, 0) // the one and only disk
	d.b = le.AppendUint16(d.b, uint16(min(d.entries, max16)))
	d.b = le.AppendUint16(d.b, uint16(min(d.entries, max16)))
	d.b = le.AppendUint32(d.b, uint32(min(size, max32)))
	d.b = le.AppendUint32(d.b, uint32(min(d.start, max32)))
	d.b = append(d.b, 0, 0) // no comment
}

// end64 appends the records of ZIP64 (4.3.14 and 4.3.15).
func (d *zipDirectory) end64(at int64) {
	le := binary.LittleEndian
	d.b = le.AppendUint32(d.b, end64Signature)
	d.b = le.AppendUint64(d.b, 44) // what follows of it
	d.b = le.AppendUint16(d.b, byUnix|version45)
	d.b = le.AppendUint16(d.b, version45)
	d.b = append(d.b, 0, 0, 0, 0, 0, 0, 0, 0) // the one and only disk
	d.b = le.AppendUint64(d.b, uint64(d.entries))
	d.b = le.AppendUint64(d.b, uint64(d.entries))
	d.b = le.AppendUint64(d.b, uint64(at-d.start))
	d.b = le.AppendUint64(d.b, uint64(d.start))

	d.b = le.AppendUint32(d.b, locator64Signature)
	d.b = append(d.b, 0, 0, 0, 0)
	d.b = le.AppendUint64(d.b, uint64(at))
	d.b = le.AppendUint32(d.b, 1) // disk in all
}

// append implements container.
func (z *zipper) append(b []byte) []byte {
	b = appendField(b, z.records)
	if z.file == nil {
		return b
	}
	r := z.file.record
	r.after = true
	b = appendUvarint(b, uint64(r.crc))
	b = appendUvarint(b, uint64(r.packed))
	b = appendUvarint(b, uint64(r.size))
	return appendField(b, z.file.before)
}

// restore implements container.
func (z *zipper) restore(d *decoder, at place) {
	z.records = append([]byte(nil), d.field()...)
	check := &decoder{b: z.records}
	for range at.entry {
		readRecord(check)
	}
	if check.failed || len(check.b) > 0 {
		d.fail()
	}
	if at.offset == 0 {
		return
	}
	f := &zipFile{record: zipRecord{there: true, deflated: true, after: true}}
	f.record.crc = uint32(d.int64())
	f.record.packed = d.int64()
	f.record.size = d.int64()
	f.before = append([]byte(nil), d.field()...)
	z.file = f
}
