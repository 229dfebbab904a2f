package tail_test

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"unique"

	"example.org/carryout/jobs/tail"
)

// entry is a small event, or a large one.
func entry(seq int64, size int) tail.Entry {
	text := fmt.Sprintf("id: %d\n%s\n", seq, strings.Repeat("x", size))
	return tail.Entry{Seq: seq, Label: tail.Label{Name: "n" + strconv.Itoa(int(seq%3))}, Text: []byte(text)}
}

// ids are the numbers of the events in some text.
func ids(t *testing.T, text []byte) (all []int64) {
	t.Helper()
	for line := range strings.Lines(string(text)) {
		if digits, ok := strings.CutPrefix(line, "id: "); ok {
			n, err := strconv.ParseInt(strings.TrimSpace(digits), 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, n)
		}
	}
	return all
}

func TestALogLetsGoOfItsBeginning(t *testing.T) {
	l := tail.NewLog(0, 10_000)
	for n := range int64(5000) {
		l.Append(entry(n+1, 100))
	}
	f := l.Follow(0, nil, make(tail.Bell, 1))
	defer f.Close()
	base, ok := f.Reaches(1)
	if ok || base < 4500 || base > 4950 {
		t.Errorf("got %d, %v after 1, want that the log begins shortly before its end", base, ok)
	}
	if _, ok := f.Reaches(base); !ok {
		t.Errorf("the log does not reach back to the number %d that it has told", base)
	}
	var got []int64
	for {
		text, state := f.Next()
		if state != tail.More {
			break
		}
		got = append(got, ids(t, text)...)
	}
	if int64(len(got)) != 5000-base || got[0] != base+1 {
		t.Errorf("got %d events from %d on, want all after %d", len(got), got[0], base)
	}
}

// Whoever is slow holds what is to come, and it is freed when it has left.
func TestWhatAllHavePassedIsFreed(t *testing.T) {
	l := tail.NewLog(0, 10_000)
	l.Append(entry(1, 10))
	slow := l.Follow(1, nil, make(tail.Bell, 1))
	if _, state := slow.Next(); state != tail.Wait {
		t.Fatalf("got %v, want to wait", state)
	}
	const many, size = 20_000, 1000
	for n := range int64(many) {
		l.Append(entry(n+2, size))
	}
	if lag := slow.Lag(); lag < many*size || lag > many*(size+20) {
		t.Errorf("got a lag of %d bytes, want about %d", lag, many*size)
	}
	if held := heap(); held < many*size {
		t.Errorf("got %d bytes in use, want at least the %d that a follower is to get", held, many*size)
	}
	var want int64 = 2
	for {
		text, state := slow.Next()
		if state != tail.More {
			break
		}
		for _, n := range ids(t, text) {
			if n != want {
				t.Fatalf("got event %d, want %d", n, want)
			}
			want++
		}
	}
	if want != many+2 {
		t.Errorf("got the events before %d, want all %d", want, many+1)
	}
	if held := heap(); held > many*size/4 {
		t.Errorf("got %d bytes in use after everybody has passed them", held)
	}
	slow.Close()
	runtime.KeepAlive(l)
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func TestWhoReturnsGetsTheSameAgain(t *testing.T) {
	l := tail.NewLog(0, 1<<20)
	f := l.FollowNew(nil, make(tail.Bell, 1))
	defer f.Close()
	for n := range int64(100) {
		l.Append(entry(n+1, 1000)) // several segments
	}
	var pieces [][]byte
	var places []tail.Place
	for text, state := f.Next(); state == tail.More; text, state = f.Next() {
		pieces, places = append(pieces, text), append(places, f.Place())
	}
	f.Return(places[1])
	if got, want := f.Lag(), int64(len(slices.Concat(pieces[2:]...))); got != want || want == 0 {
		t.Errorf("got a lag of %d bytes, want %d", got, want)
	}
	l.Append(entry(101, 1000))
	want := slices.Concat(pieces[2:]...)
	var got []byte
	for text, state := f.Next(); state == tail.More; text, state = f.Next() {
		got = append(got, text...)
	}
	if seqs := ids(t, got); !strings.HasPrefix(string(got), string(want)) || seqs[len(seqs)-1] != 101 {
		t.Errorf("got the events %v, want those of the pieces after the place, and 101", seqs)
	}
}

func TestFollowersShareOnePiece(t *testing.T) {
	l := tail.NewLog(0, 10_000)
	var all []*tail.Follower
	for range 3 {
		f := l.FollowNew(nil, make(tail.Bell, 1))
		defer f.Close()
		all = append(all, f)
	}
	l.Append(entry(1, 100), entry(2, 100))
	first, _ := all[0].Next()
	for _, f := range all[1:] {
		if text, _ := f.Next(); len(text) != len(first) || &text[0] != &first[0] {
			t.Error("two followers at the same place do not get the same memory")
		}
	}
	before := string(first)
	l.Append(entry(3, 100))
	if text, _ := all[0].Next(); len(ids(t, text)) != 1 || string(first) != before {
		t.Errorf("got %q after the piece before, want event 3", text)
	}
}

func TestAFollowerMayWantOnlySome(t *testing.T) {
	l := tail.NewLog(0, 1<<20)
	bell := make(tail.Bell, 1)
	f := l.Follow(2, &tail.Want{Key: unique.Make("n1"), Takes: func(of tail.Label) bool { return of.Name == "n1" }}, bell)
	defer f.Close()
	var got []int64
	for n := range int64(2000) {
		l.Append(entry(n+1, 50))
		for n%7 == 0 {
			text, state := f.Next()
			if state != tail.More {
				break
			}
			got = append(got, ids(t, text)...)
		}
	}
	for {
		text, state := f.Next()
		if state != tail.More {
			break
		}
		got = append(got, ids(t, text)...)
	}
	for i, n := range got {
		if want := int64(4 + 3*i); n != want {
			t.Fatalf("got event %d, want %d", n, want)
		}
	}
	if len(got) != 666 {
		t.Errorf("got %d events, want 666", len(got))
	}
}

func TestFollowersWhoWantTheSameShareOnePieceToo(t *testing.T) {
	l := tail.NewLog(0, 10_000)
	want := func(name string) *tail.Want {
		return &tail.Want{Key: unique.Make(name), Takes: func(of tail.Label) bool { return of.Name == name }}
	}
	a, b, other := l.FollowNew(want("n1"), nil), l.FollowNew(want("n1"), nil), l.FollowNew(want("n2"), nil)
	l.Append(entry(1, 10), entry(2, 10), entry(3, 10), entry(4, 10))
	first, _ := a.Next()
	second, _ := b.Next()
	if string(first) != string(second) || &first[0] != &second[0] || len(ids(t, first)) != 2 {
		t.Errorf("got %q and %q, want events 1 and 4 in one memory", first, second)
	}
	if text, _ := other.Next(); len(ids(t, text)) != 1 || ids(t, text)[0] != 2 {
		t.Errorf("got %q for another want, want event 2", text)
	}
	l.Append(entry(7, 10))
	if text, _ := a.Next(); len(ids(t, text)) != 1 {
		t.Errorf("got %q after that, want event 7", text)
	}
}

// Each of many goes through all segments before it is another's turn. What they
// want is looked for once all the same, however often they want that.
func TestWhatManyWantIsLookedForOnce(t *testing.T) {
	const followers, entries = 50, 1000
	l := tail.NewLog(0, 1<<20)
	asked := 0
	one := &tail.Want{Key: unique.Make("one"), Takes: func(of tail.Label) bool { asked++; return of.Name == "n1" }}
	two := &tail.Want{Key: unique.Make("two"), Takes: func(of tail.Label) bool { asked++; return of.Name != "n1" }}
	var all []*tail.Follower
	for range followers {
		all = append(all, l.FollowNew(one, make(tail.Bell, 1)), l.FollowNew(two, make(tail.Bell, 1)))
	}
	for n := range int64(entries) {
		l.Append(entry(n+1, 100))
	}
	var got int
	for _, f := range all {
		for text, state := f.Next(); state == tail.More; text, state = f.Next() {
			got += len(ids(t, text))
		}
		f.Close()
	}
	if got != followers*entries {
		t.Errorf("got %d events, want each of %d by %d pairs", got, entries, followers)
	}
	if asked != 2*entries {
		t.Errorf("asked %d times what is wanted, want %d times", asked, 2*entries)
	}
}

func TestWhoLeavesIsNotWoken(t *testing.T) {
	l := tail.NewLog(0, 1000)
	var bells []tail.Bell
	var all []*tail.Follower
	for range 50 {
		bell := make(tail.Bell, 1)
		f := l.FollowNew(nil, bell)
		f.Next()
		f.Next() // waits once all the same
		bells, all = append(bells, bell), append(all, f)
	}
	left := make(map[int]bool)
	for _, i := range rand.Perm(50)[:30] {
		all[i].Close()
		left[i] = true
	}
	if got := l.Followers(); got != 20 {
		t.Errorf("got %d followers, want 20", got)
	}
	l.Append(entry(1, 1))
	for i, bell := range bells {
		if rung(bell) == left[i] {
			t.Errorf("follower %d: left %v, woken %v", i, left[i], !left[i])
		}
	}
}

// Followers join at any moment, and everybody sees every number once and in
// order: the old ones from where they are kept, the new ones from the log.
func TestManyFollowersMissNothing(t *testing.T) {
	const last = 5000
	l := tail.NewLog(-1, 20_000)
	var mu sync.Mutex
	stored := int64(0) // what a store has, which is at least as far as the log
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			bell := make(tail.Bell, 1)
			f := l.Follow(0, nil, bell)
			defer f.Close()
			var seen int64
			for {
				if _, ok := f.Reaches(seen); ok {
					break
				}
				mu.Lock()
				more := stored > seen
				mu.Unlock()
				if !more {
					break
				}
				seen++ // read from there
			}
			for seen < last {
				text, state := f.Next()
				switch state {
				case tail.Wait:
					<-bell
				case tail.More:
					for _, n := range ids(t, text) {
						if n != seen+1 {
							t.Errorf("got event %d after %d", n, seen)
							return
						}
						seen = n
					}
				default:
					t.Errorf("got %v after %d", state, seen)
					return
				}
			}
		})
	}
	for n := int64(1); n <= last; n++ {
		mu.Lock()
		stored = n
		mu.Unlock()
		l.Append(entry(n, rand.IntN(200)))
	}
	wg.Wait()
}
