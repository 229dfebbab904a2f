package wire

import (
	"math"
	"time"

	"example.org/carryout/jobs"
)

type progressJSON struct {
	Phase    *jobs.Phase `json:"phase"`
	Fraction *float64    `json:"fraction"`
	Bytes    countJSON   `json:"bytes"`
	Items    countJSON   `json:"items"`
	Rate     *int64      `json:"rate"`
	ETA      *[2]int64   `json:"eta_seconds"` // low, high
	Current  *string     `json:"current"`
}

type countJSON struct {
	Done  int64  `json:"done"`
	Total *int64 `json:"total"`
}

// finite is nil for what JSON has no number for, as for what is not known.
func finite(f jobs.Maybe[float64]) *float64 {
	if math.IsNaN(f.Value) || math.IsInf(f.Value, 0) {
		return nil
	}
	return pointer(f)
}

func (in progressJSON) progress() jobs.Progress {
	p := jobs.Progress{
		Phase: orZero(in.Phase), Fraction: maybe(in.Fraction),
		Bytes: jobs.Count{Done: in.Bytes.Done, Total: maybe(in.Bytes.Total)},
		Items: jobs.Count{Done: in.Items.Done, Total: maybe(in.Items.Total)},
		Rate:  maybe(in.Rate), Current: orZero(in.Current),
	}
	if in.ETA != nil {
		p.Left = jobs.Known(jobs.Span{Low: time.Duration(in.ETA[0]) * time.Second, High: time.Duration(in.ETA[1]) * time.Second})
	}
	return p
}
