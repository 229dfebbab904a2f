//go:build js && wasm

package main

import "syscall/js"

// replace gives root the content of other, and keeps what people have done
// with the old ones: what has the focus, what is open, what is scrolled how far.
func replace(root, other js.Value) {
	focused := ""
	if active := document.Get("activeElement"); root.Call("contains", active).Bool() {
		focused = selector(active)
	}
	opened := find(root, openDetails).Truthy()
	scrolled := position(find(root, scrolling))
	x, y := window.Get("scrollX"), window.Get("scrollY")

	root.Set("innerHTML", other.Get("innerHTML"))

	if details := find(root, "aside details"); opened && details.Truthy() {
		details.Set("open", true)
	}
	if box := find(root, scrolling); box.Truthy() {
		box.Set("scrollTop", scrolled)
	}
	if focused != "" {
		focus(root, focused)
	}
	window.Call("scrollTo", x, y)
}

const (
	openDetails = "aside details[open]"
	scrolling   = ".tree" // which scrolls in a box of its own
)

func position(box js.Value) int {
	if !box.Truthy() {
		return 0
	}
	return box.Get("scrollTop").Int()
}

// focus puts the focus on what a selector names, or on root rather than back
// to the start of the page.
func focus(root js.Value, selector string) {
	e := find(root, selector)
	if !e.Truthy() {
		e = root
	}
	options := window.Get("Object").New()
	options.Set("preventScroll", true)
	e.Call("focus", options)
}

// selector names an element by those attributes that tell controls apart.
func selector(e js.Value) string {
	s := e.Get("tagName").String()
	for _, name := range []string{"id", "name", "value", "href", "class"} {
		if v := attribute(e, name); v != "" {
			s += "[" + name + `="` + window.Get("CSS").Call("escape", v).String() + `"]`
		}
	}
	return s
}
