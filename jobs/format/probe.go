package format

import (
	"cmp"
	"context"
	"io"
	"math"
	"slices"

	"example.org/carryout/jobs/source"
)

const (
	probedFiles = 48      // at most
	probedFrom  = 1 << 20 // smaller ones make no difference
	samples     = 3       // of a file
	sampleSize  = 4 << 10
)

// probe looks into the largest files, whose names say too little of how long
// they will take. It is of no consequence for the archive, so what it cannot
// read it leaves alone.
func (a *archive) probe(ctx context.Context) error {
	if a.kinds.effort.packing <= 1 {
		return nil
	}
	var large []source.Entry
	for _, e := range a.plan.Entries {
		if e.Size >= max(probedFrom, a.plan.Bytes/200) && !isPacked(e) {
			large = append(large, e)
		}
	}
	slices.SortStableFunc(large, func(a, b source.Entry) int { return cmp.Compare(b.Size, a.Size) })
	for _, e := range large[:min(len(large), probedFiles)] {
		sample, err := a.sample(ctx, e)
		if err != nil {
			return err
		}
		switch bits := entropy(sample); {
		case len(sample) == 0:
		case bits > 7.9: // as good as noise
			a.kinds.move(e, copied)
		case bits < 0.1:
			a.kinds.move(e, repeated)
		}
	}
	return nil
}

// sample reads some of a file, if it can be read here and there. Its error is
// one that ends the run.
func (a *archive) sample(ctx context.Context, e source.Entry) ([]byte, error) {
	file, f, err := a.open(ctx, e)
	if err != nil || f != whole {
		return nil, err
	}
	defer file.Close() // only read
	s, ok := file.(io.ReadSeeker)
	if !ok {
		return nil, nil
	}
	b := make([]byte, samples*sampleSize)
	for i := range int64(samples) {
		if _, err := s.Seek((2*i+1)*e.Size/(2*samples), io.SeekStart); err != nil {
			return nil, nil
		}
		if _, err := io.ReadFull(s, b[i*sampleSize:(i+1)*sampleSize]); err != nil {
			return nil, ctx.Err()
		}
	}
	return b, nil
}

// entropy returns how many bits a byte of b says, if what comes before it says
// nothing about it.
func entropy(b []byte) (bits float64) {
	var count [256]float64
	for _, c := range b {
		count[c]++
	}
	for _, n := range count {
		if n > 0 {
			bits -= n / float64(len(b)) * math.Log2(n/float64(len(b)))
		}
	}
	return bits
}
