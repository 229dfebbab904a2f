package web

import (
	"sync"
	"time"
)

const (
	publishRate  = 1000 // messages a second, on average
	publishBurst = 2000 // messages at once
)

// A bucket lets so much through in a second, and some more at once after a
// while of little. Its zero value is full.
type bucket struct {
	mu    sync.Mutex
	taken float64
	at    time.Time // when taken was true
}

// take reports whether one more may pass.
func (b *bucket) take(now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.taken = max(0, b.taken-now.Sub(b.at).Seconds()*publishRate)
	b.at = now
	if b.taken+1 > publishBurst {
		return false
	}
	b.taken++
	return true
}
