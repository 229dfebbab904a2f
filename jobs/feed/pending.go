package feed

import (
	"sync"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/store"
	"example.org/carryout/jobs/tail"
	"example.org/carryout/jobs/wire"
)

// pending are the changes of jobs that are not told yet, the latest of each.
type pending struct {
	stirred chan struct{} // capacity 1: something is pending

	mu      sync.Mutex
	changed map[jobs.ID]store.Change
	order   []jobs.ID         // of changed
	rates   map[jobs.ID]int64 // bytes a second of running jobs
}

func newPending() pending {
	return pending{
		stirred: make(chan struct{}, 1),
		changed: make(map[jobs.ID]store.Change),
		rates:   make(map[jobs.ID]int64),
	}
}

func (p *pending) add(changes []store.Change) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range changes {
		id := c.Job.ID
		if _, waiting := p.changed[id]; !waiting {
			p.order = append(p.order, id)
		}
		p.changed[id] = c
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
// outside the lock, which the store's writer waits for.
func (p *pending) take() []line {
	p.mu.Lock()
	changed, order := p.changed, p.order
	p.changed, p.order = make(map[jobs.ID]store.Change), nil
	p.mu.Unlock()
	lines := make([]line, len(order))
	for i, id := range order {
		data := wire.AppendJob(nil, changed[id].Job)
		if changed[id].Deleted {
			data = wire.AppendDeleted(nil, id)
		}
		lines[i] = line{tail.Label{Name: "job", Job: id, Owner: changed[id].Job.Owner}, string(data)}
	}
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
