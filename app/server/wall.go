//go:build !failpoints

package server

import "time"

// wall tells the time of the machine's clock.
func wall() time.Time { return time.Now() }
