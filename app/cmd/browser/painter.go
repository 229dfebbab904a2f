//go:build js && wasm

package main

import "syscall/js"

// A painter gathers what is to be shown and shows it once a frame. A page that
// nobody sees has no frames, but its title is read all the same, so there it
// paints once a second.
type painter struct {
	paint func()
	due   bool
	run   js.Func
}

func newPainter(paint func()) *painter {
	p := &painter{paint: paint}
	p.run = callback(func() {
		if p.due {
			p.due = false
			p.paint()
		}
	})
	document.Call("addEventListener", "visibilitychange", p.run)
	return p
}

// request has the page painted soon.
func (p *painter) request() {
	switch {
	case p.due:
		return
	case hidden():
		after(1_000, p.run)
	default:
		window.Call("requestAnimationFrame", p.run)
	}
	p.due = true
}
