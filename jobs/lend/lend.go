// Package lend knows which files are being handed out at the moment, so that
// none is taken away under those who are carrying it out, if it can be spared
// just as well later.
//
// It is about the moment alone, and about one server: what is to be known for
// longer, such as that somebody has had a file, is the store's.
package lend

import (
	"sync"

	"example.org/carryout/jobs"
)

// A Desk is where files are lent. The zero value is ready. Its methods may be
// called by many goroutines at a time.
type Desk struct {
	mu    sync.Mutex
	files map[jobs.ID]int // how often each is lent; withdrawn: it is being taken away
}

const withdrawn = -1

// Lend takes note that the file of a job is handed out, until back is called. It
// returns false if the file is being taken away.
func (d *Desk) Lend(id jobs.ID) (back func(), ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.files[id] == withdrawn {
		return nil, false
	}
	d.set(id, d.files[id]+1)
	return func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.set(id, d.files[id]-1)
	}, true
}

// Withdraw keeps the file of a job from being lent until done is called. It
// returns false if it is lent at the moment.
func (d *Desk) Withdraw(id jobs.ID) (done func(), ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.files[id] != 0 {
		return nil, false
	}
	d.set(id, withdrawn)
	return func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.set(id, 0)
	}, true
}

// set forgets what is not lent. The lock is held.
func (d *Desk) set(id jobs.ID, n int) {
	if n == 0 {
		delete(d.files, id)
		return
	}
	if d.files == nil {
		d.files = make(map[jobs.ID]int)
	}
	d.files[id] = n
}
