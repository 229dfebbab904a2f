// Package lately keeps answers that take long to find, so that whoever asks is
// answered at once with what was true a while ago.
//
// A [Value] is found in the background, when it is asked for and what is known
// is too old. What was known stays while it is found again, and when that
// fails: then it is tried again after the same while.
package lately

import (
	"context"
	"sync"
	"time"
)

// rest is how many times as long as it took to find a value it is left alone,
// at least, so that finding it never costs more than a small part of the time.
const rest = 20

// A Value is found by Find, in the background. Set Find and Age before the
// first call.
type Value[T any] struct {
	// Find tells publish the value as soon as it has one, and again when it
	// knows better. It returns soon after ctx is done.
	Find func(ctx context.Context, publish func(T)) error

	// Age is how old a value may become before asking for it finds it anew.
	Age time.Duration

	mu     sync.Mutex
	value  T
	known  bool
	due    time.Time          // when it is to be found next
	cancel context.CancelFunc // of the search that goes on; nil: none
	done   chan struct{}      // closed by that search at its end
	closed bool
}

// Get returns the value as it was lately, and whether any is known. It does
// not wait.
func (v *Value[T]) Get() (T, bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if !v.closed && v.cancel == nil && !time.Now().Before(v.due) {
		v.search()
	}
	return v.value, v.known
}

// search starts the goroutine that Close waits for. The lock is held.
func (v *Value[T]) search() {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	v.cancel, v.done = cancel, done
	go func() {
		defer close(done)
		defer cancel()
		began := time.Now()
		_ = v.Find(ctx, v.publish) // what was known before is the best there is
		v.mu.Lock()
		defer v.mu.Unlock()
		v.due = time.Now().Add(max(v.Age, rest*time.Since(began)))
		v.cancel = nil
	}()
}

func (v *Value[T]) publish(value T) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.value, v.known = value, true
}

// Close ends a search that goes on and waits for it. Get may still be called
// and returns what is known.
func (v *Value[T]) Close() {
	v.mu.Lock()
	v.closed = true
	cancel, done := v.cancel, v.done
	v.mu.Unlock()
	if cancel != nil {
		cancel()
	}
	if done != nil {
		<-done
	}
}
