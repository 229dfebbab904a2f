//go:build !linux

package carrier

import (
	"syscall"
	"time"
)

// giveUpAfter does nothing where there is no such option: then it takes the
// kernel longer to find that a peer has gone without a word.
func giveUpAfter(syscall.RawConn, time.Duration) {}
