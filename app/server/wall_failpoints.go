//go:build failpoints

package server

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"time"
)

// wall tells the time of a clock that a test sets while the server runs: the
// file that CARRYOUT_CLOCK names says by how much it is off, such as -8760h.
// Other ways do not lead here: Go asks the kernel for the time, and not the C
// library, which is where libfaketime would lie to it.
func wall() time.Time {
	now := time.Now()
	file := os.Getenv("CARRYOUT_CLOCK")
	if file == "" {
		return now
	}
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return now
	}
	off, wrong := time.ParseDuration(strings.TrimSpace(string(text)))
	if err = errors.Join(err, wrong); err != nil {
		panic("CARRYOUT_CLOCK: " + err.Error())
	}
	return now.Round(0).Add(off) // of the wall alone, as when a clock is set
}
