package folder

import "golang.org/x/sys/unix"

// direct opens a file in one call that follows no link in any part of path
// (openat2(2), Linux 5.6). It fails for many reasons, paths beyond PATH_MAX
// among them; walking down tells which.
func (d dir) direct(path string) (int, error) {
	return retry(func() (int, error) {
		return unix.Openat2(d.fd, path, &unix.OpenHow{
			Flags:   readFlags,
			Resolve: unix.RESOLVE_BENEATH | unix.RESOLVE_NO_SYMLINKS,
		})
	})
}
