package metrics

import (
	"sync"
	"time"
)

// bounds are the upper ends of the buckets: from what an idle server needs to
// start a job to what a very long export takes.
var bounds = [...]time.Duration{
	time.Millisecond, 5 * time.Millisecond, 25 * time.Millisecond, 100 * time.Millisecond, 500 * time.Millisecond,
	2 * time.Second, 10 * time.Second, time.Minute, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 12 * time.Hour,
}

// A Histogram counts lengths of time. Its zero value is empty and ready.
type Histogram struct {
	mu     sync.Mutex
	counts [len(bounds) + 1]int64 // up to each bound and above the one before; the last: above all
	sum    time.Duration
}

// Observe counts one. What a clock that was set back makes negative is 0.
func (h *Histogram) Observe(d time.Duration) {
	d = max(d, 0)
	i := 0
	for i < len(bounds) && d > bounds[i] {
		i++
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.counts[i]++
	h.sum += d
}
