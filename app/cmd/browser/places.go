//go:build js && wasm

package main

import (
	"strconv"
	"syscall/js"

	"example.org/carryout/views/words"
)

// places are the parts of an element about a job that change.
type places struct {
	texts []place
	pill  js.Value
	bar   js.Value
}

type place struct {
	key, text string
	element   js.Value
}

// findPlaces looks for the marks of package views in an element.
func findPlaces(root js.Value) (p places) {
	each(root, "[data-live]", func(e js.Value) {
		p.texts = append(p.texts, place{attribute(e, "data-live"), e.Get("textContent").String(), e})
	})
	p.pill, p.bar = find(root, "[data-tone][data-live]"), find(root, "[data-live-bar]")
	return p
}

// show puts l into its places, and touches only what has changed.
func (p places) show(l words.Live) {
	l.Each(func(key, text string) {
		for i := range p.texts {
			if t := &p.texts[i]; t.key == key && t.text != text {
				t.text = text
				t.element.Set("textContent", text)
			}
		}
	})
	if p.pill.Truthy() {
		setAttribute(p.pill, "data-tone", string(l.Tone))
	}
	if p.bar.Truthy() {
		value := ""
		if l.Fraction >= 0 {
			value = strconv.Itoa(int(l.Fraction * 1000))
		}
		setAttribute(p.bar, "value", value)
	}
}
