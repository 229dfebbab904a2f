package meter

// A Kind is work of which each unit takes about the same time: opening a file,
// compressing a byte of text.
type Kind struct {
	Units float64 // how many there are
	Cost  float64 // seconds that a unit takes, at a guess; above 0
}

const (
	windows = 64   // into which the work is divided, about, to look at how long it took
	fade    = 0.97 // what a window still weighs after the next one
	doubt   = 0.03 // how much work, as a share of all, weighs as much as the guesses
	settle  = 0.05 // seconds, the same for the pace of all kinds together
	most    = 8.0  // times that a kind may take longer, or less long, than the others say
)

// A pace learns how long work takes while it is being done.
//
// It starts from the guesses of the Kinds. They are right about each other, more
// or less, and not about the machine. Each window of work that was done, with
// the time that it took, is an equation between the costs of the kinds; the
// pace is their solution by least squares, held together by the guesses, which
// stand for a small window of each kind at the pace of all. Here all work is
// measured in the seconds that it takes by the guesses.
type pace struct {
	kinds []Kind
	done  []float64 // by kind
	total float64

	a [][]float64 // the normal equations: a · costs = b
	b []float64

	before []float64 // of what is done, by an earlier attempt
	adds   int
	from   []float64 // what was done when the window began
	work   float64   // done in the windows so far, those of late above all
	time   float64   // that it took
	window float64   // work done in this one
	factor []float64 // by kind: the solution
}

func newPace(kinds []Kind) *pace {
	n := len(kinds)
	p := &pace{kinds: kinds, done: make([]float64, n), b: make([]float64, n), from: make([]float64, n), factor: make([]float64, n)}
	for i, k := range kinds {
		p.total += k.Units * k.Cost
		p.a = append(p.a, make([]float64, n))
		p.factor[i] = 1
	}
	return p
}

// add counts units of work by kind, and reports whether the window is full.
func (p *pace) add(units []float64) (full bool) {
	p.adds++
	for i, n := range units {
		w := n * p.kinds[i].Cost
		p.done[i] += w
		p.window += w
	}
	return p.window*windows >= p.total
}

// close ends a window that took so many seconds.
func (p *pace) close(seconds float64) {
	if p.window <= 0 {
		return
	}
	for i := range p.kinds {
		x := p.done[i] - p.from[i]
		p.b[i] = p.b[i]*fade + x*seconds/p.window
		for j := range p.kinds {
			p.a[i][j] = p.a[i][j]*fade + x*(p.done[j]-p.from[j])/p.window
		}
	}
	p.work = p.work*fade + p.window
	p.time = p.time*fade + seconds
	p.skip()
	p.solve()
}

// skip begins a window without regard to what was done before.
func (p *pace) skip() {
	copy(p.from, p.done)
	p.window = 0
}

// overall returns how many seconds all work of a second by the guesses takes.
func (p *pace) overall() float64 { return (p.time + settle) / (p.work + settle) }

// begun reports whether enough was done to say how long the rest takes.
func (p *pace) begun() bool {
	var done float64
	for i := range p.done {
		done += p.done[i]
		if p.before != nil {
			done -= p.before[i]
		}
	}
	return done >= p.total/windows
}

// knows reports whether there is more to go by than the guesses. What an earlier
// attempt has done is enough: guesses that are wrong by a factor are so for both
// sides.
func (p *pace) knows() bool { return p.before != nil || p.begun() }

// rest returns the seconds that what is left will take. The window has been
// open for so many: if nothing goes on, what is left takes longer.
func (p *pace) rest(open float64) (seconds float64) {
	for i, k := range p.kinds {
		seconds += p.factor[i] * max(0, k.Units*k.Cost-p.done[i])
	}
	late := open - p.window*p.overall()
	return seconds * max(1, 1+late/(p.time+settle))
}

// resume takes what was done so far for the work of an earlier attempt, which
// says nothing about how long it takes.
func (p *pace) resume() {
	done := p.done
	*p = *newPace(p.kinds)
	p.done, p.before = done, append([]float64(nil), done...)
	p.skip()
}

// earlier returns the seconds that an earlier attempt would have spent.
func (p *pace) earlier() (seconds float64) {
	for i, done := range p.before {
		seconds += p.factor[i] * done
	}
	return seconds
}

// solve brings the factors up to date, by elimination: the guesses make the
// matrix one that needs no pivots.
func (p *pace) solve() {
	n, all, guess := len(p.kinds), p.overall(), p.total*doubt
	m := make([][]float64, n)
	for i := range m {
		m[i] = append(append(make([]float64, 0, n+1), p.a[i]...), p.b[i]+guess*all)
		m[i][i] += guess
	}
	for i := range m {
		for j := i + 1; j < n; j++ {
			f := m[j][i] / m[i][i]
			for k := i; k <= n; k++ {
				m[j][k] -= f * m[i][k]
			}
		}
	}
	for i := n - 1; i >= 0; i-- {
		x := m[i][n]
		for j := i + 1; j < n; j++ {
			x -= m[i][j] * m[j][n]
		}
		m[i][n] = x / m[i][i]
	}
	for i := range m {
		p.factor[i] = min(max(m[i][n], all/most), all*most)
	}
}
