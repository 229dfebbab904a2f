package feed

import (
	"sync"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/store"
	"example.org/carryout/jobs/tail"
	"example.org/carryout/jobs/wire"
)

// The memory of a burst is not kept for what comes next.
const (
	spareFrames  = 1 << 20 // bytes
	spareChanges = 1024
)

// pending are the changes of jobs that are not told yet, the latest of each.
type pending struct {
	stirred chan struct{} // capacity 1: something is pending

	mu      sync.Mutex
	changed []store.Change    // in the order in which they came up
	places  map[jobs.ID]int   // in changed
	rates   map[jobs.ID]int64 // bytes a second of running jobs
	spare   []store.Change    // the memory of the next changed
}

func newPending() pending {
	return pending{
		stirred: make(chan struct{}, 1),
		places:  make(map[jobs.ID]int),
		rates:   make(map[jobs.ID]int64),
	}
}

func (p *pending) add(changes []store.Change) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range changes {
		c := store.Change{Job: changes[i].Job, Deleted: changes[i].Deleted} // nobody asks for the events
		id := c.Job.ID
		if at, waiting := p.places[id]; waiting {
			p.changed[at] = c
		} else {
			p.places[id] = len(p.changed)
			p.changed = append(p.changed, c)
		}
		if c.Job.State == jobs.Running && !c.Deleted {
			p.rates[id] = c.Job.Progress.Rate.Value
		} else {
			delete(p.rates, id)
		}
	}
	select {
	case p.stirred <- struct{}{}:
	default:
	}
}

// take returns what is pending, in the order in which it came up. It encodes
// outside the lock, which the store's writer waits for. One goroutine calls it.
func (p *pending) take() []line {
	p.mu.Lock()
	changed := p.changed
	p.changed, p.spare = p.spare[:0], nil
	if len(p.places) > spareChanges {
		p.places = make(map[jobs.ID]int)
	} else {
		clear(p.places)
	}
	p.mu.Unlock()
	lines := make([]line, len(changed))
	var data []byte
	for i, c := range changed {
		id := c.Job.ID
		if c.Deleted {
			data = wire.AppendDeleted(data[:0], id)
		} else {
			data = wire.AppendJob(data[:0], *c.Job)
		}
		lines[i] = line{tail.Label{Name: "job", Job: id, Owner: c.Job.Owner}, string(data)}
	}
	if cap(changed) > spareChanges {
		return lines
	}
	clear(changed)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.spare = changed
	return lines
}

// rate returns how fast all running jobs are together, in bytes a second.
func (p *pending) rate() (sum int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, r := range p.rates {
		sum += r
	}
	return sum
}
