//go:build !linux

package steady

import "time"

func machine() (boot string, up func() time.Duration) { return process() }
