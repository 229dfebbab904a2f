//go:build long

package walk_test

import "testing"

func TestALargeTableThatChangesIsExportedAsItWasWhateverHappens(t *testing.T) {
	t.Parallel()
	killsInTheMiddleOfATable(t, 1_000_000, 20, "6MB")
}
