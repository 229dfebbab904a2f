package web_test

import (
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"example.org/carryout/app/web"
	"example.org/carryout/jobs/export"
	"example.org/carryout/jobs/sqlite"
)

func TestWhatIsPublishedHasBounds(t *testing.T) {
	h := buildWith(t, 0, sqlite.Options{}, nil)
	publish := func(message string) *http.Response {
		return h.ask("PUT", "/publish", `{"message":"`+message+`"}`, "Content-Type", "application/json")
	}
	if got := publish(strings.Repeat("x", 60_000)).StatusCode; got != http.StatusAccepted {
		t.Errorf("60 kB: got %d, want 202", got)
	}
	if got := publish(strings.Repeat("x", 70_000)).StatusCode; got != http.StatusRequestEntityTooLarge {
		t.Errorf("70 kB: got %d, want 413", got)
	}
}

func TestWhatIsPublishedTooOftenIsRefusedForASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		site := &web.Site{Export: &export.Exporter{}, Log: slog.New(slog.DiscardHandler)}
		h := house{Handler: site.Handler()}
		publish := func() *http.Response {
			return h.ask("PUT", "/publish", "event=x", "Content-Type", "application/x-www-form-urlencoded")
		}
		for _, most := range []int{2000, 1000} {
			for n := range most {
				if got := publish().StatusCode; got != http.StatusUnprocessableEntity {
					t.Fatalf("%d of %d: got %d, want 422 for saying nothing", n+1, most, got)
				}
			}
			if resp := publish(); resp.StatusCode != http.StatusTooManyRequests || resp.Header.Get("Retry-After") != "1" {
				t.Errorf("one more than %d: got %s, Retry-After %q, want 429 and 1", most, resp.Status, resp.Header.Get("Retry-After"))
			}
			time.Sleep(time.Second)
		}
	})
}
