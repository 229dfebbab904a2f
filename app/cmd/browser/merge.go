//go:build js && wasm

package main

import "syscall/js"

// merge makes a card with a list like that of a newer page. What is the same
// stays in place, so that nobody loses a click on it.
func merge(card, newer js.Value) {
	if card.Get("childElementCount").Int() != newer.Get("childElementCount").Int() {
		replace(card, newer)
		return
	}
	at := card.Get("firstElementChild")
	for _, e := range children(newer) {
		next := at.Get("nextElementSibling")
		if attribute(e, "id") == "jobs" {
			mergeRows(at, e)
		} else {
			exchange(at, e)
		}
		at = next
	}
}

// mergeRows goes down two lists of jobs.
func mergeRows(list, newer js.Value) {
	at := list.Get("firstElementChild") // the row that comes next
	for _, row := range children(newer) {
		if !at.Truthy() || attribute(at, "data-job") != attribute(row, "data-job") {
			list.Call("insertBefore", row, at)
			continue
		}
		next := at.Get("nextElementSibling")
		if number(attribute(at, "data-last-event")) <= number(attribute(row, "data-last-event")) {
			exchange(at, row) // which is not older than what the feed has told
		}
		at = next
	}
	for at.Truthy() {
		next := at.Get("nextElementSibling")
		at.Call("remove")
		at = next
	}
}

// exchange puts e in the place of another element, unless they are the same,
// and keeps the focus.
func exchange(old, e js.Value) {
	if old.Call("isEqualNode", e).Bool() {
		return
	}
	focused := ""
	if active := document.Get("activeElement"); old.Call("contains", active).Bool() {
		focused = selector(active)
	}
	old.Call("replaceWith", e)
	if focused != "" {
		focus(e, focused)
	}
}

// children are the elements in e, as they are now.
func children(e js.Value) (out []js.Value) {
	all := e.Get("children")
	for i := range all.Length() {
		out = append(out, all.Index(i))
	}
	return out
}
