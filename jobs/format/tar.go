package format

import (
	"archive/tar"
	"context"
	"io/fs"
	"slices"

	"example.org/carryout/jobs/artifact"
	"example.org/carryout/jobs/source"
)

// Tar returns tar archives as POSIX.1-2001 has them (pax,
// https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html).
func Tar() Format {
	return Format{
		Name: "tar", Title: "tar archive", Hint: "Not compressed; for what is compressed already.",
		Ext: ".tar", Media: "application/x-tar", Version: 1,
		Options: archiveOptions(exact),
		Files:   tarred(func(map[string]string) wrapping { return plain{} }),
	}
}

// TarGz returns tar archives compressed by gzip (RFC 1952,
// https://www.rfc-editor.org/rfc/rfc1952), whose header says nothing of names
// and times.
func TarGz() Format {
	return Format{
		Name: "tar.gz", Title: "tar.gz archive", Hint: "For Linux and macOS; keeps permissions and links.",
		Ext: ".tar.gz", Media: "application/gzip", Version: 6,
		Options: append([]Option{level()}, archiveOptions(exact)...),
		Files:   tarred(func(o map[string]string) wrapping { return &gzipped{level: newDeflateLevel(o)} }),
	}
}

// TarZst returns tar archives compressed by Zstandard (RFC 8878,
// https://www.rfc-editor.org/rfc/rfc8878).
func TarZst() Format {
	return Format{
		Name: "tar.zst", Title: "tar.zst archive", Hint: "Smaller and faster than tar.gz; needs a newer tar.",
		Ext: ".tar.zst", Media: "application/zstd", Version: 6,
		Options: append([]Option{level()}, archiveOptions(exact)...),
		Files:   tarred(func(o map[string]string) wrapping { return framed{level: o["level"]} }),
	}
}

// tarred returns a Files of Format for tar archives wrapped so.
func tarred(wrap func(options map[string]string) wrapping) func(context.Context, Task, source.Files) error {
	return func(ctx context.Context, t Task, in source.Files) error {
		a := archive{task: t, in: in, out: &tarball{out: t.Out, wrapping: wrap(t.Options)}}
		return a.run(ctx)
	}
}

// A wrapping is what a tar archive is compressed with.
type wrapping interface {
	cuts() cuts
	effort() effort
	squeezer() (squeezer, error)

	// head, write and end write the start, a piece of content and the end.
	head(out *artifact.Writer) error
	write(out *artifact.Writer, p *piece) error
	end(out *artifact.Writer) error

	// before returns the end of what was written before a resume.
	before() *tail

	append(b []byte) []byte
	restore(d *decoder)
}

// A squeezer compresses p.in, for one worker.
type squeezer interface {
	squeeze(ctx context.Context, p *piece) error
}

const tarBlock = 512 // everything in a tar archive is a multiple of it

// tarball is the container of tar archives. The size of a file stands before
// it, so what is missing of it is filled with zeros.
type tarball struct {
	out      *artifact.Writer
	wrapping wrapping
	last     *tail // of the piece written last
}

// cuts implements container.
func (t *tarball) cuts() cuts {
	c := t.wrapping.cuts()
	c.align = tarBlock
	return c
}

// effort implements container.
func (t *tarball) effort() effort { return t.wrapping.effort() }

// head implements container.
func (t *tarball) head(b []byte, m member) ([]byte, error) { return appendTarHeader(b, m) }

// tail implements container.
func (t *tarball) tail() *tail { return t.last }

// begin implements container.
func (t *tarball) begin() error { return t.wrapping.head(t.out) }

// packer implements container.
func (t *tarball) packer() (packer, error) {
	s, err := t.wrapping.squeezer()
	return &tarPacker{s}, err
}

// write implements container.
func (t *tarball) write(p *piece) (mayCut bool, err error) {
	t.last = p.tail
	return true, t.wrapping.write(t.out, p)
}

// add implements container.
func (t *tarball) add(ctx context.Context, m member, content []byte) error {
	p := &piece{}
	var err error
	if p.in, err = appendTarHeader(nil, m); err != nil {
		return err
	}
	p.in = append(p.in, content...)
	p.in = appendZeros(p.in, padding(m.size, tarBlock))
	return t.addPiece(ctx, p)
}

// end implements container: two blocks of zeros.
func (t *tarball) end(reader, int) error {
	// What ends an archive is too short to wait for.
	if err := t.addPiece(context.Background(), &piece{in: make([]byte, 2*tarBlock)}); err != nil {
		return err
	}
	return t.wrapping.end(t.out)
}

// addPiece packs and writes a piece that comes after all others.
func (t *tarball) addPiece(ctx context.Context, p *piece) error {
	if t.cuts().tails {
		p.before, p.tail = t.last, newTail()
	}
	p.tail.set(p.in)
	k, err := t.packer()
	if err != nil {
		return err
	}
	if err := k.part(ctx, p); err != nil {
		return err
	}
	_, err = t.write(p)
	return err
}

// append implements container.
func (t *tarball) append(b []byte) []byte { return t.wrapping.append(b) }

// restore implements container.
func (t *tarball) restore(d *decoder, _ place) {
	t.wrapping.restore(d)
	t.last = t.wrapping.before()
}

// tarPacker packs for tar archives.
type tarPacker struct{ squeezer squeezer }

// batch implements packer.
func (k *tarPacker) batch(ctx context.Context, p *piece, from reader) error {
	p.in = slices.Grow(p.in, int(p.bytes)+(p.next-p.first)*2*tarBlock)
	for i := p.first; i < p.next; i++ {
		if err := appendTarred(ctx, p, i, from); err != nil {
			return err
		}
	}
	p.tail.set(p.in)
	return k.squeezer.squeeze(ctx, p)
}

// part implements packer.
func (k *tarPacker) part(ctx context.Context, p *piece) error { return k.squeezer.squeeze(ctx, p) }

// appendTarred appends entry i to p.in, or nothing if it is left out.
func appendTarred(ctx context.Context, p *piece, i int, from reader) error {
	m := from.member(i)
	f := leftOutName(m)
	if f != whole {
		p.note(i, f)
		return nil
	}
	start := len(p.in)
	in, err := appendTarHeader(p.in, m)
	if err != nil {
		return err
	}
	content := len(in)
	if m.mode.IsRegular() {
		if in, f, err = from.read(ctx, i, in); err != nil {
			return err
		}
		p.note(i, f)
	}
	if f.leftOut() {
		in = in[:start]
	} else {
		in = appendZeros(in, m.size-int64(len(in)-content)+padding(m.size, tarBlock))
	}
	p.in = in
	return nil
}

// appendTarHeader appends what stands before the content of m.
func appendTarHeader(b []byte, m member) ([]byte, error) {
	h := &tar.Header{
		Name: m.name, Linkname: m.target, Size: m.size, Mode: int64(m.mode.Perm()), ModTime: m.modTime,
		Typeflag: tar.TypeReg, Format: tar.FormatPAX,
	}
	switch m.mode.Type() {
	case fs.ModeDir:
		h.Typeflag = tar.TypeDir
	case fs.ModeSymlink:
		h.Typeflag = tar.TypeSymlink
	}
	to := appender(b)
	err := tar.NewWriter(&to).WriteHeader(h)
	return to, err
}
