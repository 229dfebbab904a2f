//go:build long

package walk_test

import "testing"

// The server is killed at every point between two steps, the first time that it
// comes there and at many later times, until it lives to the end.
func TestKillsBetweenAnyTwoStepsLoseNothing(t *testing.T) {
	t.Parallel()
	for _, p := range points {
		t.Run(p.name+" while "+p.doing.name, func(t *testing.T) {
			t.Parallel()
			died := 0
			for hit := 1; hit <= 100; hit += 1 + hit/12*8 { // each of the first, and fewer later
				if !p.doing.endure(t, p.name, hit) {
					break
				}
				died++
			}
			if died == 0 {
				t.Error("the server never came there")
			}
			t.Logf("killed %d times", died)
		})
	}
}
