package format

import (
	"context"
	"hash/crc32"

	"example.org/carryout/jobs/artifact"
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
		Ext: ".zip", Media: "application/zip", Version: 3,
		Options: append([]Option{level()}, archiveOptions(portable)...),
		Files: func(ctx context.Context, t Task, in source.Files) error {
			// A backslash is no separator, and must not be taken for one (4.4.17.1).
			a := archive{task: t, in: in, out: &zipper{out: t.Out, level: newDeflateLevel(t.Options)}, rules: rules{not: `\`}}
			return a.run(ctx)
		},
	}
}

const (
	zipBatch = 256 << 10
	zipWhole = 1 << 20 // files up to this size are packed in one go
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
	records []byte   // of all entries so far
	file    *zipFile // that is being written; nil: none
	added   member   // after the last entry of the plan
}

// cuts implements container.
func (z *zipper) cuts() cuts {
	return cuts{batch: zipBatch, whole: zipWhole, part: zipPart, weight: 3 << 20, tails: true}
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
	if err := k.(*zipPacker).add(ctx, p, m, content); err != nil {
		return err
	}
	z.added = m
	_, err = z.write(p)
	return err
}

// zipPacker packs for ZIP archives.
type zipPacker struct {
	deflater *deflater
	content  []byte
	packed   []byte
}

// batch implements packer.
func (k *zipPacker) batch(ctx context.Context, p *piece, from reader) error {
	for i := p.first; i < p.next; i++ {
		m := from.member(i)
		f := leftOutName(m)
		content := append(k.content[:0], m.target...)
		if f == whole && m.mode.IsRegular() {
			var err error
			if content, f, err = from.read(ctx, i, content); err != nil {
				return err
			}
			k.content = content
		}
		p.note(i, f)
		if f.leftOut() {
			p.records = zipRecord{}.append(p.records)
			continue
		}
		if err := k.add(ctx, p, m, content); err != nil {
			return err
		}
	}
	return nil
}

// add appends a whole member to p.
func (k *zipPacker) add(ctx context.Context, p *piece, m member, content []byte) error {
	packed, deflated, err := k.deflater.deflate(ctx, k.packed[:0], content, nil, true)
	if err != nil {
		return err
	}
	k.packed = packed
	if !deflated {
		packed = content
	}
	r := zipRecord{there: true, deflated: deflated, crc: crc32.ChecksumIEEE(content), packed: int64(len(packed)), size: int64(len(content))}
	p.records = r.append(p.records)
	p.out = appendLocal(p.out, m, r)
	p.out = append(p.out, packed...)
	return nil
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
