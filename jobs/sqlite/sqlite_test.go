package sqlite_test

import (
	"path/filepath"
	"testing"

	"example.org/carryout/jobs/sqlite"
	"example.org/carryout/jobs/store"
	"example.org/carryout/jobs/storetest"
)

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T, o storetest.Options) store.Store {
		return open(t, filepath.Join(t.TempDir(), "jobs.db"), sqlite.Options{Notify: o.Notify, Lease: o.Lease, Messages: o.Messages, Attempts: o.Attempts, Limits: o.Limits})
	})
}

// open opens a store that is closed when the test ends.
func open(t testing.TB, path string, o sqlite.Options) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), path, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return s
}
