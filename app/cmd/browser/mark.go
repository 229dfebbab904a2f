//go:build js && wasm

package main

import "syscall/js"

// mark is where the page says whether it is alive.
type mark struct{ js.Value }

func findMark() mark { return mark{find(document, "[data-live-mark]")} }

func (m mark) live()  { m.show("live", "Live") }
func (m mark) retry() { m.show("retry", "Reconnecting…") }
func (m mark) gone()  { m.show("gone", "Gone") }

// hide takes the mark away, where there is nothing left to follow.
func (m mark) hide() {
	if m.Truthy() {
		m.Set("hidden", true)
	}
}

func (m mark) show(state, word string) {
	if !m.Truthy() || attribute(m.Value, "data-state") == state {
		return
	}
	m.Set("textContent", word)
	setAttribute(m.Value, "data-state", state)
	m.Set("hidden", false)
}
