package format

import (
	"context"
	"hash/crc32"
	"slices"

	"example.org/carryout/jobs/artifact"
	"example.org/carryout/jobs/format/deflate"
	"example.org/carryout/jobs/source"
)

// Zip returns ZIP archives as PKWARE describes them
// (https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT), with 64-bit
// sizes where they are needed and only there. What does not shrink is stored.
// Times before 1980 or after 2099 do not exist in them; the nearest one that
// does stands there.
func Zip() Format {
	return Format{
		Name: "zip", Title: "ZIP archive", Hint: "Opens everywhere.",
		Ext: ".zip", Media: "application/zip", Version: 5,
		Options: append([]Option{level()}, archiveOptions(portable)...),
		Files: func(ctx context.Context, t Task, in source.Files) error {
			// A backslash is no separator, and must not be taken for one (4.4.17.1).
			a := archive{task: t, in: in, out: &zipper{out: t.Out, level: newDeflateLevel(t.Options), slow: t.Rate > 0}, rules: rules{not: `\`}}
			return a.run(ctx)
		},
	}
}

const (
	zipBatch = 1 << 20
	zipBrief = 256 << 10 // a batch that is only copied, so that the cache holds it, or known to be slow to read
	zipMost  = 512       // entries of a batch, which each may take a while to be opened
	zipWhole = 1 << 20   // files up to this size are packed in one go
	zipPart  = 1 << 20
	zipHeld  = 8 << 20 // files up to this size lie packed in memory until their sizes are known
)

// zipper is the container of ZIP archives.
//
// The sizes of a file stand before it, unless it is so large that it is written
// before they are known. Then they stand after it, and it is always a stream of
// DEFLATE, because a reader that cannot look ahead would not find its end
// otherwise; what does not shrink is stored within that stream.
type zipper struct {
	out     *artifact.Writer
	level   deflateLevel
	slow    bool     // the source is known to be
	records []byte   // of all entries so far
	file    *zipFile // that is being written; nil: none
	added   member   // after the last entry of the plan
}

// cuts implements container.
func (z *zipper) cuts() cuts {
	c := cuts{batch: zipBatch, most: zipMost, whole: zipWhole, part: zipPart, weight: 3 << 20, tails: true}
	if z.level.store || z.slow {
		c.batch = zipBrief
	}
	return c
}

// effort implements container.
func (z *zipper) effort() effort { return z.level.effort() }

// head implements container.
func (z *zipper) head(b []byte, _ member) ([]byte, error) { return b, nil }

// tail implements container.
func (z *zipper) tail() *tail {
	if z.file == nil {
		return nil
	}
	t := newTail()
	t.set(z.file.before)
	return t
}

// begin implements container: a ZIP archive begins with its first entry.
func (z *zipper) begin() error { return nil }

// packer implements container.
func (z *zipper) packer() (packer, error) {
	return &zipPacker{deflater: newDeflater(z.level)}, nil
}

// write implements container.
func (z *zipper) write(p *piece) (mayCut bool, err error) {
	if p.large && len(p.notes) == 1 && p.notes[0].fate.leftOut() {
		z.records = zipRecord{}.append(z.records)
		return true, nil
	}
	if p.large {
		return z.writePart(p)
	}
	z.records = append(z.records, p.records...)
	_, err = z.out.Write(p.out)
	return true, err
}

// add implements container.
func (z *zipper) add(ctx context.Context, m member, content []byte) error {
	k, err := z.packer()
	if err != nil {
		return err
	}
	p := &piece{}
	zip := k.(*zipPacker)
	zip.members, zip.texts, zip.content = []member{m}, []deflate.Text{{Size: uint32(len(content))}}, content
	if err := zip.put(ctx, p); err != nil {
		return err
	}
	z.added = m
	_, err = z.write(p)
	return err
}

// zipPacker packs for ZIP archives. The contents of small files are packed many
// at a time.
type zipPacker struct {
	deflater *deflater
	members  []member
	texts    []deflate.Text // the sizes of their contents, one for each
	content  []byte
	packed   []byte
}

// batch implements packer.
func (k *zipPacker) batch(ctx context.Context, p *piece, from reader) error {
	k.members, k.texts, k.content = k.members[:0], k.texts[:0], slices.Grow(k.content[:0], int(p.bytes))
	for i := p.first; i < p.next; i++ {
		if err := k.take(ctx, p, i, from); err != nil {
			return err
		}
	}
	return k.put(ctx, p)
}

// take reads entry i.
func (k *zipPacker) take(ctx context.Context, p *piece, i int, from reader) (err error) {
	m := from.member(i)
	f := leftOutName(m)
	before := len(k.content)
	k.content = append(k.content, m.target...)
	if f == whole && m.mode.IsRegular() {
		if k.content, f, err = from.read(ctx, i, k.content); err != nil {
			return err
		}
	}
	p.note(i, f)
	if f.leftOut() {
		k.content, m = k.content[:before], member{}
	}
	k.members = append(k.members, m)
	k.texts = append(k.texts, deflate.Text{Size: uint32(len(k.content) - before)})
	return nil
}

// put appends what was taken to p, packed.
func (k *zipPacker) put(ctx context.Context, p *piece) (err error) {
	if k.packed, err = k.deflater.deflateEach(ctx, k.packed[:0], k.content, k.texts); err != nil {
		return err
	}
	rest, packed := k.content, k.packed
	p.out = slices.Grow(p.out, k.length())
	for i, m := range k.members {
		t := k.texts[i]
		content := rest[:t.Size]
		rest = rest[t.Size:]
		if m.name == "" { // left out
			p.records = zipRecord{}.append(p.records)
			continue
		}
		r := zipRecord{there: true, deflated: t.Packed > 0, crc: crc32.ChecksumIEEE(content), packed: int64(t.Size), size: int64(t.Size)}
		if r.deflated {
			r.packed = int64(t.Packed)
			content, packed = packed[:t.Packed], packed[t.Packed:]
		}
		p.records = r.append(p.records)
		p.out = appendLocal(p.out, m, r)
		p.out = append(p.out, content...)
	}
	return nil
}

// length returns how long p.out becomes, or a little more.
func (k *zipPacker) length() (n int) {
	n = len(k.packed)
	for i, m := range k.members {
		n += localSize + len(m.name) + timeSize
		if t := k.texts[i]; t.Packed == 0 {
			n += int(t.Size)
		}
	}
	return n
}

// part implements packer.
func (k *zipPacker) part(ctx context.Context, p *piece) (err error) {
	var before []byte
	if p.offset > 0 {
		t, err := p.before.get(ctx)
		if err != nil {
			return err
		}
		before = t
	}
	p.crc = crc32.ChecksumIEEE(p.in)
	var deflated bool
	p.out, deflated, err = k.deflater.deflate(ctx, p.out, p.in, before, p.last)
	p.raw = !deflated
	return err
}
