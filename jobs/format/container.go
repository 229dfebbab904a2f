package format

import "context"

// A container is what an archive looks like on disk. Its methods are called by
// one goroutine at a time; what many may do has a packer.
type container interface {
	// cuts says into which pieces the work is to be cut.
	cuts() cuts

	// effort says what takes time.
	effort() effort

	// packer returns what a worker packs with.
	packer() (packer, error)

	// head appends what stands before the content of a large file, within the
	// piece that is packed.
	head(b []byte, m member) ([]byte, error)

	// tail returns the end of what was packed before a resume, nil if nothing
	// is to be known of it.
	tail() *tail

	// begin writes what stands before the first entry.
	begin() error

	// write writes a packed piece, and reports whether the file may be cut
	// after it.
	write(p *piece) (mayCut bool, err error)

	// add writes a small file that is not in the plan, at its end.
	add(ctx context.Context, m member, content []byte) error

	// end writes what stands after the last entry. There are so many in the
	// plan, and from knows their members.
	end(from reader, entries int) error

	// append appends what it needs to go on from here, restore reads it.
	append(b []byte) []byte
	restore(d *decoder, at place)
}

// A packer packs pieces, for one worker. It returns soon after ctx is done.
type packer interface {
	// batch reads and packs entries that are small.
	batch(ctx context.Context, p *piece, from reader) error

	// part packs p.in, which is a part of a large file.
	part(ctx context.Context, p *piece) error
}

// A reader is what a packer gets the content of small entries from.
type reader interface {
	// member returns entry i as it is to stand in the archive.
	member(i int) member

	// read appends the content of entry i. If its fate is to be left out, there
	// is nothing. The error is one that ends the run.
	read(ctx context.Context, i int, b []byte) ([]byte, fate, error)
}

// cuts say how a plan is cut into pieces. Sizes are bytes of content.
type cuts struct {
	batch int64 // small files that go together
	most  int64 // entries that do; 0: any number
	whole int64 // a larger file is read in parts
	part  int64

	// align is above 0 where a file has its planned size in any case: what is
	// missing is filled with zeros, and then up to a multiple of it.
	align int64

	weight int64 // memory that a worker needs, beside its pieces
	tails  bool  // a piece is packed with regard to the one before it
}

// around returns what a small file takes of a batch, with what stands around
// its content.
func (c cuts) around(size int64) int64 {
	const head = 512
	if c.align > 0 {
		size += padding(size, c.align)
	}
	return head + size
}

// memory is how much an archive may have in memory.
const memory = 44 << 20

// share returns how many workers there can be, of those that are wanted, and
// how many pieces on their way, so that they find room in memory.
func (c cuts) share(wanted int) (workers, pieces int) {
	each := 2 * max(c.part, c.whole) // as it was and packed
	for workers = max(wanted, 1); workers > 1; workers-- {
		if int64(workers)*(c.weight+each)+2*each <= memory {
			break
		}
	}
	left := memory - int64(workers)*c.weight
	return workers, int(min(int64(2*workers+2), max(left/each, int64(workers+1))))
}
