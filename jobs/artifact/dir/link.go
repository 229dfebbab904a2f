package dir

import (
	"context"
	"fmt"
	"os"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/failpoint"
)

// Link implements [artifact.Store]. The file gets a second name on the disk (a
// hard link). Its manifest is small and is written again, because the one of a
// job that is done once more is written over.
//
// The link lasts once it is there: what it names was durable before.
func (s *Store) Link(ctx context.Context, from, to jobs.ID) error {
	if !to.Valid() {
		return fmt.Errorf("linking a file: %q is not the id of a job", to)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock() // so that what is opened keeps its name
	defer s.mu.Unlock()
	a, _, err := s.open(from)
	if err != nil {
		return err
	}
	defer a.Close() // was only read
	defer s.change(to)()
	err = s.replace(to, a.Digest, func(path string) error { return os.Link(s.path(from), path) })
	if err != nil {
		return fmt.Errorf("linking a file: %w", full(err))
	}
	failpoint.At("file-linked")
	return nil
}
