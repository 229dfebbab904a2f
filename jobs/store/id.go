package store

import (
	"crypto/rand"
	"time"

	"example.org/carryout/jobs"
)

// The characters of an ID, in the order in which they sort, and how many of
// them tell the time: 5 bits each, enough for 34 years of milliseconds.
const (
	digits = "234567ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	stamp  = 8
)

// NewID returns an ID for a job of now: the time, and 130 random bits. Because of
// the time, jobs that are young together are neighbors in an index of IDs, and a
// store writes the same few of its pages again and again, not another for each job.
func NewID(now time.Time) jobs.ID {
	var begin [stamp]byte
	for i, t := stamp-1, now.UnixMilli(); i >= 0; i, t = i-1, t>>5 {
		begin[i] = digits[t&31]
	}
	return jobs.ID(string(begin[:]) + rand.Text())
}
