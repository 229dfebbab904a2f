//go:build shots

package walk_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// TestShots takes pictures of the real pages, for people to look at, into the
// folder CARRYOUT_SHOTS:
//
//	CARRYOUT_SHOTS=/tmp/shots go test -tags shots -run Shots ./app/walk
func TestShots(t *testing.T) {
	dir := os.Getenv("CARRYOUT_SHOTS")
	if dir == "" {
		t.Fatal("say in CARRYOUT_SHOTS where the pictures go")
	}
	goTree := filepath.Join(strings.TrimSpace(run(t, "go", "env", "GOROOT")), "src")
	s := start(t, "-demo", "-source", "go="+goTree, "-throttle=12000000", "-workers", "2")
	b := browse(t)

	ready := s.submit(spec("shop", "csv", `"table":"customers"`)).text("id")
	s.ready(ready)
	s.submit(spec("docs", "tar.zst"))
	canceled := s.submit(spec("docs", "tar.gz")).text("id")
	s.call("POST", "/jobs/"+canceled+"/cancel", "")
	running := s.submit(spec("go", "zip", `"paths":["cmd","net","runtime"]`)).text("id")
	s.submit(spec("shop", "jsonl", `"table":"orders"`))
	st := s.follow("/jobs/"+running+"/events", "")
	for {
		e, err := st.next()
		if err != nil {
			t.Fatal(err)
		}
		if e.name == "progress" && e.json(t).number("fraction") > 0.3 {
			break
		}
	}
	for _, view := range []struct {
		name          string
		width, height int64
	}{{"desk", 1280, 1000}, {"phone", 390, 1400}} {
		for _, scheme := range []string{"light", "dark"} {
			for _, page := range []struct{ name, path string }{
				{"running", "/jobs/" + running}, {"new", "/?open=images"}, {"table", "/?source=shop&table=orders"}, {"jobs", "/jobs"},
				{"ready", "/jobs/" + ready}, {"canceled", "/jobs/" + canceled}, {"missing", "/nowhere"},
			} {
				b.do(chromedp.EmulateViewport(view.width, view.height), chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
					_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
						Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
					return err
				}), chromedp.Navigate(s.url+page.path))
				if page.name == "running" {
					b.until(`document.querySelector('#conn').dataset.state === 'live' || !!document.querySelector('#job[data-state=ready]')`)
				}
				png, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
				if err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(dir, page.name+"-"+scheme+"-"+view.name+".png"), png, 0o644); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}
