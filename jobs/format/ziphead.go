package format

import (
	"encoding/binary"
	"io/fs"
	"time"
)

// What stands in the heads of a ZIP archive; the numbers of sections are those
// of APPNOTE.
const (
	localSignature      = 0x04034b50 // 4.3.7
	descriptorSignature = 0x08074b50 // 4.3.9
	centralSignature    = 0x02014b50 // 4.3.12
	end64Signature      = 0x06064b50 // 4.3.14
	locator64Signature  = 0x07064b50 // 4.3.15
	endSignature        = 0x06054b50 // 4.3.16

	localSize   = 30
	centralSize = 46
	timeSize    = 9 // the extended timestamp
	zip64Size   = 20

	byUnix     = 3 << 8 // the system that the permissions are of (4.4.2)
	version20  = 20     // what a reader needs to know: DEFLATE, folders (4.4.3)
	version45  = 45     // and ZIP64
	afterFlag  = 1 << 3 // the sizes stand after the content (4.4.4)
	utf8Flag   = 1 << 11
	deflated   = 8         // (4.4.5)
	max16      = 1<<16 - 1 // stands for a number that is in a ZIP64 record
	max32      = 1<<32 - 1 // the same
	timeExtra  = 0x5455    // Info-ZIP's extended timestamp
	zip64Extra = 0x0001    // 4.5.3
)

// appendLocal appends the local header of m (4.3.7).
func appendLocal(b []byte, m member, r zipRecord) []byte {
	le := binary.LittleEndian
	long := r.isLong(m)
	if r.after {
		r.crc, r.packed, r.size = 0, 0, 0
	}
	date, clock := dosTime(zipTime(m.modTime))
	b = le.AppendUint32(b, localSignature)
	b = le.AppendUint16(b, neededVersion(long))
	b = le.AppendUint16(b, r.flags(m))
	b = le.AppendUint16(b, r.method())
	b = le.AppendUint16(b, clock)
	b = le.AppendUint16(b, date)
	b = le.AppendUint32(b, r.crc)
	extra := timeSize
	if long {
		b = le.AppendUint32(b, max32)
		b = le.AppendUint32(b, max32)
		extra += zip64Size
	} else {
		b = le.AppendUint32(b, uint32(r.packed))
		b = le.AppendUint32(b, uint32(r.size))
	}
	b = le.AppendUint16(b, uint16(len(m.name)))
	b = le.AppendUint16(b, uint16(extra))
	b = append(b, m.name...)
	if long {
		b = le.AppendUint16(b, zip64Extra)
		b = le.AppendUint16(b, zip64Size-4)
		b = le.AppendUint64(b, uint64(r.size))
		b = le.AppendUint64(b, uint64(r.packed))
	}
	return appendTime(b, zipTime(m.modTime))
}

// neededVersion returns what a reader needs to know.
func neededVersion(long bool) uint16 {
	if long {
		return version45
	}
	return version20
}

// appendDescriptor appends what stands after the content of m (4.3.9).
func appendDescriptor(b []byte, m member, r zipRecord) []byte {
	le := binary.LittleEndian
	b = le.AppendUint32(b, descriptorSignature)
	b = le.AppendUint32(b, r.crc)
	if r.isLong(m) {
		b = le.AppendUint64(b, uint64(r.packed))
		return le.AppendUint64(b, uint64(r.size))
	}
	b = le.AppendUint32(b, uint32(r.packed))
	return le.AppendUint32(b, uint32(r.size))
}

// zipMode returns the external attributes of m: those of Unix, and below them
// what MS-DOS has of them (4.4.15).
func zipMode(mode fs.FileMode) uint32 {
	const (
		regular   = 0o100000
		folder    = 0o040000
		link      = 0o120000
		dosFolder = 0x10
		dosRead   = 0x01 // only
	)
	unix, dos := uint32(mode.Perm()), uint32(0)
	switch mode.Type() {
	case fs.ModeDir:
		unix, dos = unix|folder, dosFolder
	case fs.ModeSymlink:
		unix |= link
	default:
		unix |= regular
	}
	if mode&0o200 == 0 {
		dos |= dosRead
	}
	return unix<<16 | dos
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// What a ZIP archive can hold of times, in both of its ways, in seconds since
// 1970: all of 1980 to 2099 but its last second.
const (
	firstTime = 315532800
	lastTime  = 4102444798
)

// zipTime returns the time nearest to t that a ZIP archive can hold.
func zipTime(t time.Time) time.Time {
	if s := t.Unix(); s < firstTime || s > lastTime {
		return time.Unix(min(max(s, firstTime), lastTime), 0).UTC()
	}
	return t
}

// dosTime returns t as MS-DOS would have it (4.4.6), in UTC.
func dosTime(t time.Time) (date, clock uint16) {
	date = uint16(t.Day() + int(t.Month())<<5 + (t.Year()-1980)<<9)
	clock = uint16(t.Second()/2 + t.Minute()<<5 + t.Hour()<<11)
	return date, clock
}

// appendTime appends the extended timestamp, seconds since 1970, as Info-ZIP
// has it.
func appendTime(b []byte, t time.Time) []byte {
	le := binary.LittleEndian
	b = le.AppendUint16(b, timeExtra)
	b = le.AppendUint16(b, timeSize-4)
	b = append(b, 1) // the time of modification alone
	return le.AppendUint32(b, uint32(t.Unix()))
}
