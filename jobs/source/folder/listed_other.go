//go:build unix && !linux

package folder

import "golang.org/x/sys/unix"

// appendListed adds the names of a part of a listing. Their types have to be
// looked up here.
func appendListed(all []listed, entries []byte) []listed {
	_, _, names := unix.ParseDirent(entries, -1, nil)
	for _, name := range names {
		all = append(all, listed{name: name})
	}
	return all
}
