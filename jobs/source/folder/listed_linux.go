package folder

import (
	"bytes"
	"encoding/binary"
)

// Where the fields of a linux_dirent64 are, on every architecture: see
// getdents64(2).
const (
	direntLength = 16 // two bytes: of all of it
	direntType   = 18
	direntName   = 19 // ends in NUL
)

// appendListed adds the names of a part of a listing.
func appendListed(all []listed, entries []byte) []listed {
	for len(entries) > direntName {
		length := int(binary.NativeEndian.Uint16(entries[direntLength:]))
		if length <= direntName || length > len(entries) {
			break
		}
		name, _, _ := bytes.Cut(entries[direntName:length], []byte{0})
		if s := string(name); s != "." && s != ".." {
			// DT_DIR and its like are the bits of a mode that say the same.
			all = append(all, listed{s, uint32(entries[direntType]) << 12})
		}
		entries = entries[length:]
	}
	return all
}
