package twice_test

import (
	"bytes"
	"crypto/sha256"
	"hash"
	"math/rand/v2"
	"testing"

	"example.org/carryout/jobs/artifact/twice"
)

// FuzzHashesAsTheLibraryDoes adds bytes in parts of any length to two hashes, of
// which one has begun before.
func FuzzHashesAsTheLibraryDoes(f *testing.F) {
	noise := make([]byte, 20<<10)
	rand.NewChaCha8([32]byte{1}).Read(noise)
	f.Add(noise, uint16(0), uint16(64))
	f.Add(noise, uint16(1), uint16(4<<10))
	f.Add(noise, uint16(64), uint16(8<<10))
	f.Add(noise, uint16(3), uint16(61+5<<10))
	f.Add(noise, uint16(128), uint16(7777))
	f.Fuzz(func(t *testing.T, b []byte, before, part uint16) {
		first, second := sha256.New(), sha256.New()
		start := min(int(before), len(b))
		second.Write(b[:start])
		adder := twice.New()
		for rest := b; len(rest) > 0; {
			n := min(len(rest), int(part)+1)
			adder.Add(first, second, rest[:n])
			rest = rest[n:]
		}
		if got, want := [32]byte(first.Sum(nil)), sha256.Sum256(b); got != want {
			t.Errorf("the first: got %x, want %x", got, want)
		}
		if got, want := [32]byte(second.Sum(nil)), sha256.Sum256(append(b[:start:start], b...)); got != want {
			t.Errorf("the second: got %x, want %x", got, want)
		}
	})
}

func TestOtherHashesAreAddedToAsWell(t *testing.T) {
	b := bytes.Repeat([]byte("0123456789abcdef"), 4<<10)
	first, second := sha256.New224(), sha256.New()
	twice.New().Add(first, second, b)
	if got, want := [28]byte(first.Sum(nil)), sha256.Sum224(b); got != want {
		t.Errorf("got %x, want %x", got, want)
	}
	if got, want := [32]byte(second.Sum(nil)), sha256.Sum256(b); got != want {
		t.Errorf("got %x, want %x", got, want)
	}
}

func BenchmarkAdd(b *testing.B) {
	p := make([]byte, 256<<10)
	adder := twice.New()
	for _, c := range []struct {
		name string
		add  func(first, second hash.Hash)
	}{
		{"both at once", func(first, second hash.Hash) { adder.Add(first, second, p) }},
		{"one after the other", func(first, second hash.Hash) { first.Write(p); second.Write(p) }},
	} {
		b.Run(c.name, func(b *testing.B) {
			first, second := sha256.New(), sha256.New()
			b.SetBytes(int64(len(p)))
			for b.Loop() {
				c.add(first, second)
			}
		})
	}
}
