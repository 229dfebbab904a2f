package steady_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"example.org/carryout/jobs/steady"
)

// machine is one whose clocks a test sets.
type machine struct{ steady.Reading }

func (m *machine) read() steady.Reading { return m.Reading }

func (m *machine) pass(d time.Duration) { m.Up, m.Wall = m.Up+d, m.Wall.Add(d) }

// reboot starts the machine anew after it was off for so long.
func (m *machine) reboot(off time.Duration) {
	m.Boot, m.Up, m.Wall = m.Boot+"'", time.Second, m.Wall.Add(off)
}

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func newMachine() *machine {
	return &machine{steady.Reading{Boot: "a", Up: time.Hour, Wall: noon}}
}

func TestNoSettingOfTheWallClockMovesIt(t *testing.T) {
	const year = 365 * 24 * time.Hour
	for _, jump := range []time.Duration{0, time.Hour, -time.Hour, year, -year} {
		m := newMachine()
		c := steady.Start(steady.Mark{}, m.read)
		m.pass(time.Minute)
		m.Wall = m.Wall.Add(jump)
		m.pass(time.Minute)
		if got, want := c.Now(), noon.Add(2*time.Minute); !got.Equal(want) {
			t.Errorf("set by %v while it runs: got %v, want %v", jump, got, want)
		}
		kept := c.Mark()
		m.pass(time.Minute)
		m.Wall = m.Wall.Add(-2 * jump)
		c = steady.Start(kept, m.read)
		m.pass(time.Minute)
		if got, want := c.Now(), noon.Add(4*time.Minute); !got.Equal(want) {
			t.Errorf("set by %v while the program is down: got %v, want %v", -2*jump, got, want)
		}
	}
}

func TestARestartOfTheMachine(t *testing.T) {
	for _, test := range []struct {
		name      string
		off, want time.Duration // as the wall clock has it, and as it counts
	}{
		{"counts for as long as it was off", 10 * time.Minute, 10 * time.Minute},
		{"counts for a day at most", 1000 * time.Hour, steady.Day},
		{"never counts backwards", -time.Hour, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := newMachine()
			m.Wall = noon.Add(1000 * time.Hour) // and later it is set right
			kept := steady.Start(steady.Mark{}, m.read).Mark()
			m.pass(time.Minute)
			kept = steady.Start(kept, m.read).Mark()
			m.reboot(test.off)
			c := steady.Start(kept, m.read)
			m.pass(time.Second)
			if got, want := c.Now(), noon.Add(1000*time.Hour+time.Minute+test.want+time.Second); !got.Equal(want) {
				t.Errorf("got %v, want %v", got, want)
			}
		})
	}
	t.Run("is seen also by a machine that gives its starts one name", func(t *testing.T) {
		m := newMachine()
		kept := steady.Start(steady.Mark{}, m.read).Mark()
		m.Up, m.Wall = time.Second, m.Wall.Add(time.Minute)
		if got, want := steady.Start(kept, m.read).Now(), noon.Add(time.Minute); !got.Equal(want) {
			t.Errorf("got %v, want %v", got, want)
		}
	})
}

// Whatever happens, the time never goes back, and never on by more than has
// passed, but for a day at every start of the machine.
func TestItNeverRunsAhead(t *testing.T) {
	chance := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		m := newMachine()
		c := steady.Start(steady.Mark{}, m.read)
		var kept steady.Mark
		last, passed, starts := c.Now(), time.Duration(0), 0
		for range 100 {
			switch chance.IntN(5) {
			case 0:
				m.Wall = m.Wall.Add(time.Duration(chance.Int64N(int64(4000*time.Hour))) - 2000*time.Hour)
			case 1:
				kept = c.Mark()
				c = steady.Start(kept, m.read)
			case 2:
				kept = c.Mark()
				m.reboot(time.Duration(chance.IntN(3000)) * time.Minute)
				c = steady.Start(kept, m.read)
				starts++
			default:
				d := time.Duration(chance.Int64N(int64(time.Hour)))
				m.pass(d)
				passed += d
			}
			now := c.Now()
			if now.Before(last) {
				t.Fatalf("it went back from %v to %v", last, now)
			}
			if most := noon.Add(passed + time.Duration(starts)*steady.Day); now.After(most) || now.Before(noon.Add(passed)) {
				t.Fatalf("got %v after %v and %d starts, want no more than %v", now, passed, starts, most)
			}
			last = now
		}
	}
}

func TestThisMachineTellsItsTime(t *testing.T) {
	read := steady.Of(func() time.Time { return noon })
	first := read()
	if first.Boot == "" || first.Up <= 0 || !first.Wall.Equal(noon) {
		t.Errorf("got %+v", first)
	}
	<-time.After(20 * time.Millisecond)
	then := read()
	if d := then.Up - first.Up; then.Boot != first.Boot || d < 20*time.Millisecond || d > 20*time.Second {
		t.Errorf("got %v more of the start %q after 20 ms, want that of %q", d, then.Boot, first.Boot)
	}
	if again := steady.Of(time.Now)(); again.Boot != first.Boot {
		t.Errorf("asked again: got the start %q, want %q", again.Boot, first.Boot)
	}
}
