package meter

import (
	"time"

	"example.org/carryout/jobs"
)

const (
	remembered = 12           // ends that an estimate looks back on
	margin     = 0.12         // of what is left: nothing is foreseen better
	moment     = 0.05         // seconds, the same
	longest    = 365 * 86_400 // seconds: what is beyond is not known
)

// An estimate remembers when the end was expected, of late. How far apart that
// was says how little is certain.
type estimate struct {
	ends [remembered]float64 // seconds after the start
	n    int                 // of them, ever
	next float64             // when to remember another
}

// add remembers that at a time, rest was expected to be left.
func (e *estimate) add(at, rest float64) {
	if at < e.next {
		return
	}
	e.ends[e.n%remembered] = at + rest
	e.n++
	e.next = at + (at+rest)/(3*remembered)
}

// span returns the range in which what is left lies, at a time.
func (e *estimate) span(at, rest float64) (none jobs.Maybe[jobs.Span]) {
	low, high := rest, rest
	for _, end := range e.ends[:min(e.n, remembered)] {
		low, high = min(low, end-at), max(high, end-at)
	}
	low, high = max(0, low*(1-margin)-moment), high*(1+margin)+moment
	if high > longest {
		return none
	}
	return jobs.Known(jobs.Span{Low: seconds(low), High: seconds(high)})
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
