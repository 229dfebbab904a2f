package main

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strconv"
	"time"
)

// tick is the unit in which Linux counts a process's time, 1/100 s everywhere
// (proc(5), sysconf(_SC_CLK_TCK)).
const tick = 10 * time.Millisecond

// cpu returns the time that a process has spent, its own and the system's.
func cpu(pid int) (time.Duration, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	fields := bytes.Fields(b[bytes.LastIndexByte(b, ')')+1:])
	var ticks int64
	for _, f := range fields[11:13] { // utime and stime, counted after the name
		n, err := strconv.ParseInt(string(f), 10, 64)
		if err != nil {
			return 0, err
		}
		ticks += n
	}
	return time.Duration(ticks) * tick, nil
}

// memory returns the resident memory of a process in bytes.
func memory(pid int) (int64, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return 0, err
	}
	pages, err := strconv.ParseInt(string(bytes.Fields(b)[1]), 10, 64)
	return pages * int64(os.Getpagesize()), err
}

// delays counts times by their size, about 5 % apart.
type delays struct {
	counts [512]int64
	n      int64
}

func (d *delays) add(micros int64) {
	i := 0
	for m := max(micros, 1); m > 16 && i < len(d.counts)-16; m -= m / 16 {
		i++
	}
	d.counts[min(i, len(d.counts)-1)]++
	d.n++
}

// at returns the time that the fraction f of all does not pass.
func (d *delays) at(f float64) time.Duration {
	var seen int64
	for i, c := range d.counts {
		if seen += c; seen > 0 && float64(seen) >= f*float64(d.n) {
			return time.Duration(lasts[i]) * time.Microsecond
		}
	}
	return 0
}

// lasts are the greatest times, in microseconds, that go into each count.
var lasts = func() (l [512]int64) {
	var d delays
	for m := int64(1); m < 1<<26; m += max(1, m/64) {
		before := d.counts
		d.add(m)
		for i := range l {
			if d.counts[i] != before[i] {
				l[i] = max(l[i], m)
			}
		}
	}
	return l
}()

func median[T int64 | float64 | time.Duration](all []T) T {
	if len(all) == 0 {
		return 0
	}
	s := slices.Clone(all)
	slices.Sort(s)
	return s[len(s)/2]
}
