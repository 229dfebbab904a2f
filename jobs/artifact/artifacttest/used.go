package artifacttest

import (
	"testing"

	"example.org/carryout/jobs/artifact"
)

// used counts finished and unfinished files, and what two jobs share once. What
// is known about a file beside it may take up a little more.
func used(t *testing.T, open func() artifact.Store) {
	s := open()
	staged := int64(0) // of two
	check := func(when string, want int64) {
		t.Helper()
		for _, s := range []artifact.Store{s, open()} {
			got, unfinished, err := s.Used(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if unfinished[one] != 0 || unfinished[two] != staged {
				t.Errorf("%s: got %v bytes of unfinished files, want %d of %s alone", when, unfinished, staged, two)
			}
			got += unfinished[two]
			if got < want || got > want+want/100+4096 {
				t.Errorf("%s: got %d bytes used, want %d and little more", when, got, want)
			}
		}
	}
	const mib = 1 << 20
	check("at first", 0)
	put(t, s, one, bytesOf(1, 3*mib))
	check("with a file", 3*mib)
	put(t, s, two, bytesOf(2, 2*mib))
	check("with two", 5*mib)
	put(t, s, two, bytesOf(3, mib))
	check("once one is replaced", 4*mib)
	w := begin(t, s, two)
	write(t, w, bytesOf(4, 4*mib))
	if _, err := w.Checkpoint(); err != nil {
		t.Fatal(err)
	}
	staged = 4 * mib
	check("with one on its way", 8*mib)
	staged = 0
	if err := w.Abort(); err != nil {
		t.Fatal(err)
	}
	check("once that was aborted", 4*mib)
	link(t, s, one, two)
	check("once two share one", 3*mib)
	if err := s.Remove(t.Context(), one); err != nil {
		t.Fatal(err)
	}
	check("while one has it", 3*mib)
	if err := s.Remove(t.Context(), two); err != nil {
		t.Fatal(err)
	}
	check("in the end", 0)
}
