//go:build unix && !linux

package folder

import "golang.org/x/sys/unix"

// direct has no equivalent here, and always fails.
func (d dir) direct(string) (int, error) { return -1, unix.ENOSYS }
