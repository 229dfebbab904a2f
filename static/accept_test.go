package static

import "testing"

func TestChoose(t *testing.T) {
	f := file{forms: []form{{coding: "br"}, {coding: "gzip"}, {coding: identity}}}
	for header, want := range map[string]string{
		"":                                  identity,
		"br":                                "br",
		"gzip":                              "gzip",
		"x-gzip":                            "gzip",
		"GZIP":                              "gzip",
		"gzip, deflate, br, zstd":           "br",
		"gzip;q=1.0, br;q=0.5":              "gzip",
		"gzip ; q=0.5 , br ; Q=0.8":         "br",
		"br;q=0, gzip":                      "gzip",
		"br;q=0, gzip;q=0.000":              identity,
		"*":                                 "br",
		"*;q=0.5, gzip":                     "gzip",
		"*, br;q=0":                         "gzip",
		"br;q=0, *;q=0.1":                   "gzip",
		"identity":                          identity,
		"identity;q=0.5, gzip;q=0.1":        identity,
		"identity;q=0, br;q=0.001":          "br",
		"deflate, zstd":                     identity,
		"br;q=2, gzip;q=x, br;level=9, ,;,": identity,
		"br;q=-1":                           identity,
		"br;q=NaN":                          identity,
		"identity;q=0":                      "",
		"*;q=0":                             "",
		"br;q=0, gzip;q=0, identity;q=0":    "",
		"*;q=0, identity":                   identity,
	} {
		if got, ok := f.choose([]string{header}); got.coding != want || ok != (want != "") {
			t.Errorf("%q: got %q, %v, want %q", header, got.coding, ok, want)
		}
	}
	if got, _ := f.choose([]string{"gzip", "br;q=0.9"}); got.coding != "gzip" {
		t.Errorf("two headers: got %q, want gzip", got.coding)
	}
	if got, _ := (file{forms: []form{{coding: identity}}}).choose([]string{"br, gzip"}); got.coding != identity {
		t.Errorf("a file that is not compressed: got %q, want identity", got.coding)
	}
}
