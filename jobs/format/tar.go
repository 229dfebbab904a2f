package format

import (
	"archive/tar"
	"context"
	"io"
	"io/fs"
	"time"

	"github.com/klauspost/compress/gzip"

	"example.org/carryout/jobs/source"
)

// TarGz returns tar archives compressed by gzip (RFC 1952,
// https://www.rfc-editor.org/rfc/rfc1952), whose header says nothing of names
// and times. Tar is that of POSIX.1-2001 (pax,
// https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html).
func TarGz() Format {
	return Format{
		Name: "tar.gz", Title: "tar.gz archive", Hint: "For Linux and macOS; keeps permissions and links.",
		Ext: ".tar.gz", Media: "application/gzip", Version: 1,
		Options: levels(),
		Files: func(ctx context.Context, t Task, in source.Files) error {
			z, err := gzip.NewWriterLevel(t.Out, deflateLevel(t.Options))
			if err != nil {
				return err
			}
			z.ModTime = time.Unix(0, 0) // none: the field is zero
			return tarInto(ctx, t, in, z)
		},
	}
}

// TarZst returns tar archives compressed by Zstandard (RFC 8878,
// https://www.rfc-editor.org/rfc/rfc8878).
func TarZst() Format {
	return Format{
		Name: "tar.zst", Title: "tar.zst archive", Hint: "Smaller and faster than tar.gz; needs a newer tar.",
		Ext: ".tar.zst", Media: "application/zstd", Version: 1,
		Options: levels(),
		Files: func(ctx context.Context, t Task, in source.Files) error {
			z, err := newZstd(t.Out, t.Options)
			if err != nil {
				return err
			}
			return tarInto(ctx, t, in, z)
		},
	}
}

// tarInto writes a tar archive into z, which it closes at the end.
func tarInto(ctx context.Context, t Task, in source.Files, z io.WriteCloser) error {
	out := &tarball{tar: tar.NewWriter(z), compressor: z, buf: make([]byte, copySize)}
	a := archive{task: t, in: in, out: out, pads: true}
	return a.run(ctx)
}

// tarball is the container of tar archives.
type tarball struct {
	tar        *tar.Writer
	compressor io.Closer
	buf        []byte
}

// add implements container. What a body lacks of its size is filled with
// zeros, because the size stands before it.
func (b *tarball) add(ctx context.Context, m member) error {
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
	if err := b.tar.WriteHeader(h); err != nil {
		return err
	}
	if m.body == nil {
		return nil
	}
	n, err := copyTo(ctx, b.tar, m.body, b.buf)
	if err != nil {
		return err
	}
	_, err = copyTo(ctx, b.tar, io.LimitReader(zeros{}, m.size-n), b.buf)
	return err
}

// close implements container.
func (b *tarball) close() error {
	if err := b.tar.Close(); err != nil {
		return err
	}
	return b.compressor.Close()
}

// zeros is a reader without end.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}
