package jobs

import "time"

// Phase says what a running job is doing.
type Phase string

// The phases of a running job, in order.
const (
	Planning   Phase = "planning"   // finding out what there is to do
	Assembling Phase = "assembling" // reading the source, writing the file
	Sealing    Phase = "sealing"    // making the file durable under its final name
)

// Progress is how far the work of a running job has come, counted in work that
// takes time. Within one attempt nothing in it runs backwards, unless that
// attempt had to begin anew, of which a warning tells.
type Progress struct {
	Phase    Phase
	Fraction Maybe[float64] // of all the work, 0 to 1; 1 only once the job is ready
	Bytes    Count          // read from a folder, or written of a table
	Items    Count          // files or rows
	Rate     Maybe[int64]   // bytes a second, of late
	Left     Maybe[Span]    // time that is left
	Current  string         // what is being worked on, such as a path; may be empty
}

// Count is how much of a thing is done, out of how much.
type Count struct {
	Done  int64
	Total Maybe[int64]
}

// Span is an estimate of a duration: likely no less than Low and no more than
// High.
type Span struct{ Low, High time.Duration }
