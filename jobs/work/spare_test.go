package work_test

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/lend"
	"example.org/carryout/jobs/work"
)

// full is a shelf on which each file has a size, and some were downloaded.
type full struct {
	shelf
	sizes   map[jobs.ID]int64
	spent   []jobs.ID
	evicted map[jobs.ID]string
}

func (f *full) Used(context.Context) (finished int64, unfinished map[jobs.ID]int64, _ error) {
	for id := range f.files {
		finished += f.sizes[id]
	}
	unfinished = make(map[jobs.ID]int64)
	for _, id := range f.staged {
		unfinished[id] = f.sizes[id]
	}
	return finished, unfinished, nil
}

func (f *full) Spent(_ context.Context, n int) (ids []jobs.ID, _ error) {
	for _, id := range f.spent {
		if f.jobs[id].State == jobs.Ready && len(ids) < n {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

func (f *full) Evict(ctx context.Context, id jobs.ID, reason string) error {
	if f.jobs[id].State != jobs.Ready {
		return &jobs.StateError{State: f.jobs[id].State, Kind: jobs.KindExpired}
	}
	f.evicted[id] = reason
	return f.Expire(ctx, id)
}

func TestUnfinishedFilesMakeRoomFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &full{shelf: shelf{jobs: map[jobs.ID]jobs.Job{}, files: map[jobs.ID]bool{}}, sizes: map[jobs.ID]int64{}, evicted: map[jobs.ID]string{}}
		for _, state := range []jobs.State{jobs.Queued, jobs.Running, jobs.Failed, jobs.Canceled} {
			id := jobs.ID(state)
			f.jobs[id], f.sizes[id] = jobs.Job{State: state, Finished: time.Now()}, 300
			f.staged = append(f.staged, id)
		}
		f.jobs["had"], f.sizes["had"], f.files["had"] = jobs.Job{State: jobs.Ready, Expires: time.Now().Add(time.Hour)}, 100, true
		f.spent = []jobs.ID{"had"}
		s := &work.Sweeper{Board: f, Shelf: f, Artifacts: f, Every: time.Minute, Space: 1000, Desk: &lend.Desk{}, Log: slog.New(slog.DiscardHandler)}
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		if err := s.Serve(ctx); err != nil {
			t.Fatal(err)
		}
		if want := []jobs.ID{"queued", "running"}; !slices.Equal(f.staged, want) {
			t.Errorf("got the unfinished files of %v left, want those of %v", f.staged, want)
		}
		if !f.files["had"] {
			t.Error("a downloaded file is gone, and there was room without it")
		}
	})
}

func TestFilesThatCanBeSparedMakeRoom(t *testing.T) {
	for _, test := range []struct {
		name  string
		sizes map[jobs.ID]int64
		spent []jobs.ID // longest ago first
		lent  jobs.ID
		want  []jobs.ID // that are left
	}{
		{"there is enough", map[jobs.ID]int64{"a": 400, "b": 400}, []jobs.ID{"a", "b"}, "", []jobs.ID{"a", "b"}},
		{"the one of longest ago goes", map[jobs.ID]int64{"a": 400, "b": 400, "c": 400}, []jobs.ID{"c", "a"}, "", []jobs.ID{"a", "b"}},
		{"as many as it takes", map[jobs.ID]int64{"a": 400, "b": 400, "c": 400, "d": 400}, []jobs.ID{"d", "b", "a"}, "", []jobs.ID{"a", "c"}},
		{"not one that is handed out", map[jobs.ID]int64{"a": 400, "b": 400, "c": 400}, []jobs.ID{"c", "a"}, "c", []jobs.ID{"b", "c"}},
		{"none that nobody has had", map[jobs.ID]int64{"a": 400, "b": 400, "c": 4000}, []jobs.ID{"a"}, "", []jobs.ID{"b", "c"}},
		{"nothing at all", map[jobs.ID]int64{"a": 4000}, nil, "", []jobs.ID{"a"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := &full{shelf: shelf{jobs: map[jobs.ID]jobs.Job{}, files: map[jobs.ID]bool{}}, sizes: test.sizes, spent: test.spent, evicted: map[jobs.ID]string{}}
				for id := range test.sizes {
					f.jobs[id] = jobs.Job{State: jobs.Ready, Expires: time.Now().Add(time.Hour)}
					f.files[id] = true
				}
				var desk lend.Desk
				if test.lent != "" {
					desk.Lend(test.lent)
				}
				s := &work.Sweeper{Board: f, Shelf: f, Artifacts: f, Every: time.Minute, Space: 1000, Desk: &desk, Log: slog.New(slog.DiscardHandler)}
				ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
				defer cancel()
				if err := s.Serve(ctx); err != nil {
					t.Fatal(err)
				}
				if got := slices.Sorted(maps.Keys(f.files)); !slices.Equal(got, test.want) {
					t.Errorf("got the files of %v left, want those of %v", got, test.want)
				}
				for id, reason := range f.evicted {
					if reason == "" || f.files[id] {
						t.Errorf("the file of %s is there %v and its job says %q", id, f.files[id], reason)
					}
				}
				if got, want := len(f.evicted), len(test.sizes)-len(test.want); got != want {
					t.Errorf("got %d jobs that say why their file is gone, want %d", got, want)
				}
			})
		})
	}
}
