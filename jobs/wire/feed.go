package wire

import "example.org/carryout/jobs"

// Stats are the counts that the feed tells.
type Stats struct {
	Connected int64 `json:"connected"` // followers of the feed
	Queued    int64 `json:"queued"`
	Running   int64 `json:"running"`
	Ready     int64 `json:"ready"`
	Rate      int64 `json:"rate"` // bytes a second, all running jobs together
}

// AppendStats appends s as a JSON object.
func AppendStats(b []byte, s Stats) []byte { return appendJSON(b, s) }

// AppendDeleted appends what stands on the feed for a job that was deleted.
func AppendDeleted(b []byte, id jobs.ID) []byte {
	return appendJSON(b, struct {
		ID      jobs.ID `json:"id"`
		Deleted bool    `json:"deleted"`
	}{id, true})
}
