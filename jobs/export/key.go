package export

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"time"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/format"
	"example.org/carryout/jobs/source"
)

// tick is the longest that two changes of a file may be apart and leave the
// same times on it: clocks of file systems count in ticks of the kernel, 1 to
// 10 ms.
const tick = 20 * time.Millisecond

// Key tells what spec would be made of now: what was made with the same key is
// the same file. It is empty if that cannot be told, because the source is
// being changed. It reads no content, but it may take as long as looking at all
// that is selected.
func (e *Exporter) Key(ctx context.Context, spec jobs.Spec) (string, error) {
	f, err := e.format(spec)
	if err != nil {
		return "", err
	}
	data, err := e.open(ctx, spec)
	if err != nil {
		return "", err
	}
	defer data.Close() // was only read
	if data.Rows != nil {
		return key(spec, f, data.Rows.Version()), nil
	}
	began := time.Now()
	plan, err := data.Files.Plan(ctx, nil)
	if err != nil || !settled(ctx, plan, began) {
		return "", err
	}
	return key(spec, f, digest(ctx, plan)), ctx.Err()
}

// key names what a format makes of a plan, with all that has a say in it and
// how it is called. What is selected of a folder the plan says.
func key(spec jobs.Spec, f format.Format, plan string) string {
	if plan == "" {
		return ""
	}
	h := sha256.New()
	fmt.Fprintf(h, "%q %q %q %d %q\n", spec.Source, spec.Table, f.Name, f.Version, plan)
	fmt.Fprintf(h, "%q %q\n", format.FileName(spec, f), spec.Columns)
	options := f.Complete(spec.Options)
	for _, name := range slices.Sorted(maps.Keys(options)) {
		fmt.Fprintf(h, "%q=%q\n", name, options[name])
	}
	return hex.EncodeToString(h.Sum(nil))
}

// settled reports whether a change after the plan was begun would be seen by
// the times of what has changed. What was changed at that very moment may
// change once more without a trace. Where the source knows when a file was
// changed, the time that it shows, which anybody may set, says nothing. It is of
// no use once ctx is done.
func settled(ctx context.Context, p source.Plan, began time.Time) bool {
	for _, e := range p.Each(ctx) {
		changed := e.Changed
		if changed.IsZero() {
			changed = e.ModTime
		}
		if began.Sub(changed) < tick {
			return false
		}
	}
	return true
}
