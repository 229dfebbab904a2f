package dir

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"

	"example.org/carryout/jobs/artifact"
)

// A manifest begins with this, which holds its version. Then follow the size
// of the file (8 bytes, big endian), its SHA-256, and that of each block.
const manifestMagic = "carryout blocks 1\n"

const manifestHead = len(manifestMagic) + 8 + 32

// writeManifest writes a manifest, to the disk and not only towards it.
func writeManifest(path string, d artifact.Digest) error {
	b := make([]byte, 0, manifestHead+len(d.Blocks)*32)
	b = append(b, manifestMagic...)
	b = binary.BigEndian.AppendUint64(b, uint64(d.Size))
	b = append(b, d.SHA256[:]...)
	for _, block := range d.Blocks {
		b = append(b, block[:]...)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// readManifest reads what writeManifest has written.
func readManifest(path string) (d artifact.Digest, err error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return d, err
	}
	damaged := fmt.Errorf("%s is damaged", path)
	if len(b) < manifestHead || string(b[:len(manifestMagic)]) != manifestMagic {
		return d, damaged
	}
	b = b[len(manifestMagic):]
	d.Size = int64(binary.BigEndian.Uint64(b))
	d.SHA256 = [32]byte(b[8:])
	b = b[8+32:]
	if d.Size < 0 || int64(len(b)) != (d.Size+artifact.BlockSize-1)/artifact.BlockSize*32 {
		return d, damaged
	}
	d.Blocks = make([][32]byte, 0, len(b)/32)
	for ; len(b) > 0; b = b[32:] {
		d.Blocks = append(d.Blocks, [32]byte(b))
	}
	return d, nil
}
