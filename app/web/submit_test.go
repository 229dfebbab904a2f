package web_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// Of two keys neither may be passed over: somebody counts on each.
func TestARequestHasOneKey(t *testing.T) {
	h := build(t, nil)
	for _, test := range []struct {
		keys []string
		want int
	}{
		{[]string{"a"}, http.StatusCreated},
		{[]string{"a"}, http.StatusOK},
		{[]string{"b", "a"}, http.StatusBadRequest},
		{[]string{"a", "a"}, http.StatusBadRequest},
		{[]string{""}, http.StatusCreated},
	} {
		r := httptest.NewRequest("POST", "http://127.0.0.1/jobs", strings.NewReader(asJSON))
		r.Header.Set("Content-Type", "application/json")
		r.Header["Idempotency-Key"] = test.keys
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != test.want {
			t.Errorf("%q: got %d %s, want %d", test.keys, w.Code, w.Body, test.want)
		}
	}
}
