package format

import (
	"context"

	"example.org/carryout/jobs/artifact"
)

// plain wraps in nothing.
type plain struct{}

// cuts implements wrapping.
func (plain) cuts() cuts { return cuts{batch: 512 << 10, whole: 1 << 20, part: 1 << 20} }

// effort implements wrapping.
func (plain) effort() effort { return effort{opening: 12 << 10, packing: 1} }

// squeezer implements wrapping.
func (plain) squeezer() (squeezer, error) { return stored{}, nil }

// head implements wrapping.
func (plain) head(*artifact.Writer) error { return nil }

// write implements wrapping.
func (plain) write(out *artifact.Writer, p *piece) error {
	_, err := out.Write(p.in)
	return err
}

// end implements wrapping.
func (plain) end(*artifact.Writer) error { return nil }

// before implements wrapping.
func (plain) before() *tail { return nil }

// append implements wrapping.
func (plain) append(b []byte) []byte { return b }

// restore implements wrapping.
func (plain) restore(*decoder) {}

// stored is a squeezer that leaves everything as it is.
type stored struct{}

// squeeze implements squeezer.
func (stored) squeeze(_ context.Context, p *piece) error {
	p.raw = true
	return nil
}
