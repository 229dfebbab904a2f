//go:build js && wasm

package main

import "syscall/js"

const mostBubbles = 3

// bubbles is where the page shows what is published. A bubble stays until it is
// closed or newer ones want its place.
type bubbles struct{ js.Value }

func newBubbles() bubbles {
	box := add(document.Get("body"), "div", "bubbles", "")
	setAttribute(box, "role", "status") // told aloud when there is a pause
	listen(box, "click", func(e js.Value) {
		if e.Get("target").Get("tagName").String() == "BUTTON" {
			e.Get("target").Get("parentElement").Call("remove")
		}
	})
	return bubbles{box}
}

func (b bubbles) show(text string) {
	bubble := add(b.Value, "div", "bubble", "")
	add(bubble, "p", "", text)
	add(bubble, "button", "btn small", "Close")
	if b.Get("childElementCount").Int() > mostBubbles {
		b.Get("firstElementChild").Call("remove")
	}
}
