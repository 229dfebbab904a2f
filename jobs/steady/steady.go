// Package steady tells a time by which things can be kept for as long as was
// promised: it goes on by the time that passes, and no setting of the wall
// clock moves it.
//
// A [Clock] goes on from a [Mark], which says what the time was at one moment
// since the machine was started. Whoever keeps the mark has the same clock
// again after a restart of the program, whatever the wall clock was set to
// meanwhile: the machine counts the time since its own start, also while it
// sleeps (CLOCK_BOOTTIME, https://man7.org/linux/man-pages/man2/clock_gettime.2.html),
// and gives every start a name
// (https://man7.org/linux/man-pages/man5/proc_sys_kernel.5.html).
//
// When the machine itself was started anew, only the wall clock can say for how
// long it was off. It is believed for what it has advanced since the mark, but
// never backwards, and for no more than a [Day]: a clock that comes up wrong by a
// year ends nothing that has more than a day to go. The price is that what is
// kept on a machine that was off for longer is kept for longer, by the rest of
// that time. So marks should be made anew every hour or so.
//
// A steady time is no date: it began as the wall clock of some moment, and the
// two part when that is set. Only differences of steady times mean anything.
package steady

import "time"

// Day is what a restart of the machine counts for at most.
const Day = 24 * time.Hour

// A Reading is what the machine says of the time.
type Reading struct {
	Boot string        // names the latest start of the machine
	Up   time.Duration // that has passed since
	Wall time.Time
}

// A Mark is a steady time, and what the machine said at that moment. The zero
// Mark is none.
type Mark struct {
	Reading
	Time time.Time
}

// A Clock tells the steady time. Its methods may be called by many goroutines at
// a time.
type Clock struct {
	read func() Reading
	from Mark
}

// Start starts a clock that goes on from a mark, or from the wall clock if there
// is none.
func Start(kept Mark, read func() Reading) *Clock {
	r := read()
	return &Clock{read: read, from: Mark{Reading: r, Time: kept.at(r)}}
}

// at returns the steady time of a reading that was made after the mark.
func (m Mark) at(r Reading) time.Time {
	switch {
	case m.Time.IsZero():
		return r.Wall.Round(0).UTC()
	case m.Boot == r.Boot && r.Up >= m.Up:
		return m.Time.Add(r.Up - m.Up)
	}
	off := r.Wall.Round(0).Sub(m.Wall.Round(0)) // by the wall alone: what else Go knows of the time ends with the process
	return m.Time.Add(min(max(off, 0), Day))
}

// Now returns the steady time.
func (c *Clock) Now() time.Time { return c.from.at(c.read()) }

// Mark returns what is to be kept, so that a later clock can go on from here.
func (c *Clock) Mark() Mark {
	r := c.read()
	return Mark{Reading: r, Time: c.from.at(r)}
}
