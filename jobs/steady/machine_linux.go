package steady

import (
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// machine returns the name of the latest start of this machine, and what tells
// the time since then.
func machine() (boot string, up func() time.Duration) {
	id, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if _, ok := booted(); err != nil || !ok {
		return process()
	}
	return strings.TrimSpace(string(id)), func() time.Duration {
		d, _ := booted() // it has worked before, and can only fail for want of the clock
		return d
	}
}

func booted() (time.Duration, bool) {
	var t unix.Timespec
	err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &t)
	return time.Duration(t.Nano()), err == nil
}
