package room_test

import (
	"log/slog"
	"testing"
	"time"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/room"
)

// shared is a Watch over 3200 bytes for all files, on disks that have plenty.
func shared(u *room.Usage) *room.Watch {
	return &room.Watch{Log: slog.New(slog.DiscardHandler),
		Look: func(string) (room.Space, error) { return room.Space{Free: 1 << 40, Total: 1 << 41}, nil },
		Max:  3200, Used: func() (room.Usage, error) { return *u, nil }}
}

func TestRoomIsLowWhileFilesTakeUpMoreThanTheyMay(t *testing.T) {
	var u room.Usage
	w := shared(&u)
	for _, step := range []struct {
		used int64
		want room.Lack
	}{{0, room.None}, {3200, room.None}, {3201, room.Share}, {3200, room.Share}, {3101, room.Share}, {3100, room.None}, {3200, room.None}} {
		u.Finished = step.used
		w.Check()
		if got := w.Lack(); got != step.want {
			t.Errorf("%d of %d bytes: got the lack %v, want %v", step.used, w.Max, got, step.want)
		}
	}
}

// attempts are three jobs, the oldest first.
func attempts() (old, middle, young room.Attempt) {
	at := time.Now()
	return room.Attempt{Job: "OLD", Since: at}, room.Attempt{Job: "MIDDLE", Since: at.Add(1)}, room.Attempt{Job: "YOUNG", Since: at.Add(2)}
}

func TestOneJobGoesOnBeyondWhatFilesMayTakeUp(t *testing.T) {
	old, middle, young := attempts()
	of := func(o, m, y int64) map[jobs.ID]int64 { return map[jobs.ID]int64{"OLD": o, "MIDDLE": m, "YOUNG": y} }
	for _, test := range []struct {
		name string
		used room.Usage
		want jobs.ID // of the job that goes on; empty: none
	}{
		{"the oldest, where nothing is finished", room.Usage{Unfinished: of(1000, 1201, 1000)}, "OLD"},
		{"also if the others have more than all may", room.Usage{Unfinished: of(10, 3000, 3000)}, "OLD"},
		{"beside finished files that leave enough for the others", room.Usage{Finished: 1200, Unfinished: of(1000, 1000, 1000)}, "OLD"},
		{"the next, where the others fit only beside that one", room.Usage{Finished: 2000, Unfinished: of(100, 1000, 400)}, "MIDDLE"},
		{"none, where finished files will make room", room.Usage{Finished: 3201, Unfinished: of(1000, 1000, 1000)}, ""},
		{"the oldest, where their going would not be enough", room.Usage{Finished: 1, Unfinished: of(10, 3000, 3000)}, "OLD"},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := shared(&test.used)
			for _, a := range []room.Attempt{young, old, middle} {
				w.Enter(a)
			}
			w.Check()
			for _, a := range []room.Attempt{old, middle, young} {
				lack, again := w.Holds(a)
				if goes := lack == room.None; goes != (a.Job == test.want) || goes != (again == nil) {
					t.Errorf("%s: got %v and a wait %v, want that %q goes on", a.Job, lack, again != nil, test.want)
				}
			}
		})
	}
}

func TestWhoHasItsTurnKeepsItUntilItLeaves(t *testing.T) {
	old, middle, young := attempts()
	u := room.Usage{Unfinished: map[jobs.ID]int64{"MIDDLE": 2000, "YOUNG": 2000}}
	w := shared(&u)
	w.Enter(young)
	w.Enter(middle)
	w.Check()
	w.Enter(old)
	w.Check()
	if lack, _ := w.Holds(middle); lack != room.None {
		t.Errorf("got %v when an older one comes, want it to go on", lack)
	}
	_, again := w.Holds(young)
	w.Leave(middle)
	w.Leave(old)
	w.Leave(old) // twice is once
	u.Finished, u.Unfinished["MIDDLE"] = 3300, 0
	w.Check()
	if lack, _ := w.Holds(young); lack != room.Share {
		t.Errorf("got %v while a finished file takes up too much, want it to wait", lack)
	}
	u.Finished = 1300
	w.Check()
	select {
	case <-again:
	default:
		t.Error("who waits is not told to ask again")
	}
	if lack, _ := w.Holds(young); lack != room.None {
		t.Errorf("got %v when it is its turn, want it to go on", lack)
	}
}

func TestAFullDiskHoldsEverybody(t *testing.T) {
	old, _, _ := attempts()
	w := shared(&room.Usage{Unfinished: map[jobs.ID]int64{"OLD": 4000}})
	w.Enter(old)
	w.Check()
	w.Full()
	if lack, _ := w.Holds(old); lack != room.Disk || w.Lack() != room.Disk {
		t.Errorf("got %v for the oldest and %v for all, want the disk", lack, w.Lack())
	}
}
