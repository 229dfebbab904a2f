package source_test

import (
	"cmp"
	"slices"
	"strings"
	"testing"

	"example.org/carryout/jobs/source"
)

func FuzzPathsAreInTheOrderOfTheirParts(f *testing.F) {
	f.Add("a", "a/b")
	f.Add("a/b", "a b")
	f.Add("a!", "a/")
	f.Add("a/b/c", "a/b.c")
	f.Add("\x01", "/")
	f.Add("", "a")
	f.Fuzz(func(t *testing.T, a, b string) {
		want := slices.Compare(strings.Split(a, "/"), strings.Split(b, "/"))
		if a == "" || b == "" {
			want = cmp.Compare(len(a), len(b)) // a part less
		}
		if got := source.ComparePaths(a, b); cmp.Compare(got, 0) != want {
			t.Errorf("got %d for %q and %q, want %d", got, a, b, want)
		}
	})
}
