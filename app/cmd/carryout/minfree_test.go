package main

import "testing"

func TestMinFree(t *testing.T) {
	for text, want := range map[string]minFree{"auto": -1, "0": 0, "256MiB": 256 << 20} {
		var got minFree
		if err := got.Set(text); err != nil || got != want {
			t.Errorf("%q: got %d, %v, want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"", "-1", "some", "AUTO"} {
		var got minFree
		if err := got.Set(text); err == nil {
			t.Errorf("%q: got %d, want an error", text, got)
		}
	}
	if got := new(minFree); got.Set("auto") != nil || got.String() != "auto" {
		t.Errorf("got %q, want auto", got.String())
	}
}
