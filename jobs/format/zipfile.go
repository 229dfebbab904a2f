package format

// A zipFile is a large file on its way into a ZIP archive.
type zipFile struct {
	member member
	record zipRecord // so far

	held   bool // until all of it is there
	parts  []zipFilePart
	before []byte // the end of its content so far
}

// A zipFilePart is a part of a file that is held.
type zipFilePart struct {
	bytes []byte
	raw   bool // to be stored
}

// writePart writes a part of a large file.
func (z *zipper) writePart(p *piece) (mayCut bool, err error) {
	if p.offset == 0 {
		if err := z.beginFile(p); err != nil {
			return false, err
		}
	}
	f := z.file
	f.member = p.member // a resume does not bring it back
	f.record.crc = joinCRC(f.record.crc, p.crc, int64(len(p.in)))
	f.record.size += int64(len(p.in))
	f.before = p.tail.bytes
	part := zipFilePart{bytes: p.out, raw: p.raw}
	if p.raw {
		part.bytes = p.in
	}
	if f.held {
		f.hold(part)
	} else if err := z.writeContent(part, p.last); err != nil {
		return false, err
	}
	if p.last {
		return true, z.endFile()
	}
	return !f.held, nil
}

// beginFile writes what stands before a large file, if it can be known.
func (z *zipper) beginFile(p *piece) error {
	f := &zipFile{member: p.member, held: p.member.size <= zipHeld, record: zipRecord{there: true, deflated: true}}
	z.file = f
	if f.held {
		return nil
	}
	f.record.after = true
	_, err := z.out.Write(appendLocal(nil, f.member, f.record))
	return err
}

// hold keeps a part in memory.
func (f *zipFile) hold(part zipFilePart) {
	part.bytes = append([]byte(nil), part.bytes...)
	f.parts = append(f.parts, part)
}

// writeContent writes a part of a stream of DEFLATE.
func (z *zipper) writeContent(part zipFilePart, last bool) error {
	write := func(b []byte) error {
		n, err := z.out.Write(b)
		z.file.record.packed += int64(n)
		return err
	}
	if !part.raw {
		return write(part.bytes)
	}
	return eachStored(part.bytes, last, write)
}

// endFile writes what is left of a large file, and what stands after it.
func (z *zipper) endFile() error {
	f := z.file
	if f.held {
		if err := z.writeHeld(); err != nil {
			return err
		}
	}
	z.records = f.record.append(z.records)
	z.file = nil
	if !f.record.after {
		return nil
	}
	_, err := z.out.Write(appendDescriptor(nil, f.member, f.record))
	return err
}

// writeHeld writes a file that was held, stored if none of its parts shrinks.
func (z *zipper) writeHeld() error {
	f := z.file
	f.record.deflated = false
	for _, part := range f.parts {
		f.record.deflated = f.record.deflated || !part.raw
	}
	r := f.record
	for _, part := range f.parts {
		if r.deflated && part.raw {
			r.packed += storedSize(int64(len(part.bytes)))
		} else {
			r.packed += int64(len(part.bytes))
		}
	}
	if _, err := z.out.Write(appendLocal(nil, f.member, r)); err != nil {
		return err
	}
	for i, part := range f.parts {
		part.raw = part.raw && r.deflated
		if err := z.writeContent(part, i == len(f.parts)-1); err != nil {
			return err
		}
	}
	return nil
}
