package dir

import (
	"os"

	"golang.org/x/sys/unix"
)

// behind is how much is written before the disk is set to work on it, so that
// a sync finds little left to wait for.
const behind = 4 << 20

// startWriting has the disk begin to write n bytes of f, and does not wait for
// it (sync_file_range(2)). It is only a hint: what fails here, the sync reports.
func startWriting(f *os.File, from, n int64) {
	raw, err := f.SyscallConn()
	if err != nil {
		return
	}
	_ = raw.Control(func(fd uintptr) {
		_ = unix.SyncFileRange(int(fd), from, n, unix.SYNC_FILE_RANGE_WRITE)
	})
}
