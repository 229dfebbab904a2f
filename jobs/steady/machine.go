package steady

import (
	"crypto/rand"
	"time"
)

// Of returns how a machine is read whose wall clock is now.
func Of(now func() time.Time) func() Reading {
	boot, up := machine()
	return func() Reading { return Reading{Boot: boot, Up: up(), Wall: now()} }
}

// process stands in for a machine that does not tell of its start: that of the
// program is taken for it.
func process() (boot string, up func() time.Duration) {
	began := time.Now()
	return "process " + rand.Text(), func() time.Duration { return time.Since(began) }
}
