package folder

import "sync/atomic"

// A shared dir is closed when as many have released it as share it.
type shared struct {
	dir
	users atomic.Int64
}

func share(d dir, users int) *shared {
	s := &shared{dir: d}
	s.users.Store(int64(users))
	return s
}

func (s *shared) release() {
	if s.users.Add(-1) == 0 {
		s.close()
	}
}
