//go:build linux || darwin || freebsd

package room

import (
	"fmt"
	"syscall"
)

// statfs asks the system. A disk that can hold no more files has no room,
// however many bytes are free.
func statfs(folder string) (Space, error) {
	var st syscall.Statfs_t
	for {
		err := syscall.Statfs(folder, &st)
		if err == syscall.EINTR {
			continue
		}
		if err != nil {
			return Space{}, fmt.Errorf("asking how much room there is at %s: %w", folder, err)
		}
		break
	}
	s := Space{Free: int64(st.Bavail) * int64(st.Bsize), Total: int64(st.Blocks) * int64(st.Bsize)}
	if st.Files > 0 && st.Ffree == 0 {
		s.Free = 0
	}
	return s, nil
}
