package folder_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// crowd writes a folder of many files and opens it. Nothing counts them.
func crowd(t testing.TB, n int) func(most int) {
	root := t.TempDir()
	for i := range n {
		f, err := os.Create(filepath.Join(root, fmt.Sprintf("%07d", n-i)))
		must(t, err)
		must(t, f.Close())
	}
	src := open(t, root)
	must(t, src.Close())
	return func(most int) {
		nodes, more, err := src.Children(t.Context(), "", most)
		must(t, err)
		if len(nodes) != min(n, most) || more != (most < n) || nodes[0].Name != "0000001" {
			t.Fatalf("got %d children from %q on, more %v, want %d of %d", len(nodes), nodes[0].Name, more, most, n)
		}
	}
}

// To look at an entry takes memory, if only for a moment: so what is allocated
// tells how many were looked at.
func TestChildrenLooksOnlyAtWhatItReturns(t *testing.T) {
	const n = 2000
	children := crowd(t, n)
	few := testing.AllocsPerRun(5, func() { children(10) })
	all := testing.AllocsPerRun(5, func() { children(n) })
	if all-few < n/2 {
		t.Errorf("got %.0f allocations for 10 of %d and %.0f for all, want at least %d more", few, n, all, n/2)
	}
}

// BenchmarkChildren shows the beginning of a huge folder.
func BenchmarkChildren(b *testing.B) {
	children := crowd(b, 100_000)
	for b.Loop() {
		children(300)
	}
}
