package format

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"example.org/carryout/jobs/meter"
	"example.org/carryout/jobs/source"
)

// The kinds of work that every archive is. After them come those of bytes whose
// files have the same extension.
const (
	opening  = iota // a file, a folder, a link
	copied          // a byte that does not shrink
	squeezed        // a byte that does
	repeated        // a byte of a file that is all the same
	ownKinds
)

const (
	mostExts  = 6    // that are a kind of their own
	leastPart = 0.02 // of all bytes: what is less is no kind of its own
)

// kinds sort work by how long it takes, so that progress can be proportional
// to time: copied bytes from packed ones, and each of those that there are many
// of. How long they take is found out by the meter.
type kinds struct {
	plan   source.Plan
	effort effort
	exts   map[string]int
	found  map[string]int // by path: what a probe has found
	units  []float64      // of each kind
	slow   bool           // the source is: reading is a kind, the last
	rate   int64          // bytes a second that it gives
}

// sortOut finds the kinds of a plan.
func sortOut(ctx context.Context, p source.Plan, f effort) *kinds {
	k := &kinds{plan: p, effort: f, exts: map[string]int{}, found: map[string]int{}}
	bytes := map[string]int64{}
	for _, e := range p.Each(ctx) {
		if e.Mode.IsRegular() && f.packing > 1 && !isPacked(e) {
			bytes[ext(e)] += e.Size
		}
	}
	names := slices.SortedFunc(maps.Keys(bytes), func(a, b string) int {
		return cmp.Or(cmp.Compare(bytes[b], bytes[a]), cmp.Compare(a, b))
	})
	for i, name := range names[:min(len(names), mostExts)] {
		if float64(bytes[name]) >= leastPart*float64(p.Bytes) {
			k.exts[name] = ownKinds + i
		}
	}
	k.units = make([]float64, ownKinds+len(k.exts))
	for _, e := range p.Each(ctx) {
		k.units[opening]++
		k.units[k.of(e)] += float64(e.Size)
	}
	return k
}

// entries returns the work of entries [first, next), by kind.
func (k *kinds) entries(first, next int) (units []float64) {
	units = make([]float64, len(k.units))
	units[opening] = float64(next - first)
	for _, e := range k.plan.Entries[first:next] {
		units[k.of(e)] += float64(e.Size)
	}
	return units
}

// bytes returns the work of so many bytes of entry i, by kind, and of so many
// files.
func (k *kinds) bytes(i int, bytes int64, files float64) (units []float64) {
	units = make([]float64, len(k.units))
	units[opening] = files
	units[k.of(k.plan.Entries[i])] = float64(bytes)
	return units
}

// of returns the kind of an entry's bytes.
func (k *kinds) of(e source.Entry) int {
	if len(k.found) > 0 {
		if kind, ok := k.found[e.Path]; ok {
			return kind
		}
	}
	if e.Size == 0 || k.effort.packing <= 1 || isPacked(e) {
		return copied
	}
	if kind, ok := k.exts[ext(e)]; ok {
		return kind
	}
	return squeezed
}

// move says that the bytes of e are of another kind than its name says.
func (k *kinds) move(e source.Entry, to int) {
	k.units[k.of(e)] -= float64(e.Size)
	k.found[e.Path] = to
	k.units[to] += float64(e.Size)
}

// list returns what the meter is to know of the kinds.
func (k *kinds) list() []meter.Kind {
	list := make([]meter.Kind, len(k.units))
	for i, units := range k.units {
		cost := k.effort.packing
		switch i {
		case opening:
			cost = k.effort.opening
		case copied:
			cost = 1
		case repeated:
			cost = max(1, k.effort.packing/2)
		}
		list[i] = meter.Kind{Units: units, Cost: cost * copying}
	}
	if k.slow {
		list[len(list)-1].Cost = 1 / float64(k.rate)
	}
	return list
}

// await makes the bytes that a source gives at no more than rate a second a kind
// of their own, the last: then reading is most of the work, and is done long
// before a piece is.
func (k *kinds) await(rate int64) {
	if rate > 0 {
		k.slow, k.rate = true, rate
		k.units = append(k.units, float64(k.plan.Bytes))
	}
}

// read returns the work of having read so many bytes from a slow source.
func (k *kinds) read(bytes int64) (units []float64) {
	units = make([]float64, len(k.units))
	units[len(units)-1] = float64(bytes)
	return units
}
