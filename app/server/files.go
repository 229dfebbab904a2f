package server

import (
	"log/slog"
	"syscall"
)

// few is how many streams a server should have room for at least.
const few = 1000

// seats returns how many streams may be open: as many as are wanted, or three
// quarters of the files that may be open, so that downloads and the database
// have the rest. The limit of files is the hard one, to which Go raises the
// soft one when a program starts (https://go.dev/doc/go1.19#os).
func seats(wanted int, log *slog.Logger) int {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return wanted
	}
	most := int(min(limit.Cur, 1<<30) / 4 * 3)
	if most < max(wanted, few) {
		log.Warn("the limit of open files leaves room for few streams; raise it (LimitNOFILE of systemd, ulimit -n)", "files", limit.Cur, "streams", most, "wanted", wanted)
	}
	if wanted == 0 {
		return most
	}
	return wanted
}
