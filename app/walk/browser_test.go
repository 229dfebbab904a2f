package walk_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// tab is a page in a real Chromium.
type tab struct {
	t   *testing.T
	ctx context.Context
}

// browse opens a new Chromium with one tab.
func browse(t *testing.T) *tab {
	t.Helper()
	path := need(t, "chromium")
	ctx, cancel := context.WithTimeout(t.Context(), 2*patience)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx, chromedp.WithAllocatorOptions(
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
	))
	t.Cleanup(cancel)
	return &tab{t, ctx}
}

func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	for _, step := range steps {
		err := chromedp.Do(b.ctx, step)
		for redrawn(err) {
			err = chromedp.Do(b.ctx, step)
		}
		if err != nil {
			b.t.Fatalf("%v\n%s", err, b.state())
		}
	}
}

// redrawn reports whether a step has found an element that was gone when its
// turn came, because the page was drawn anew in between. Nothing was done then,
// and a person would do it with what is there now.
func redrawn(err error) bool {
	for _, text := range []string{"Could not find node with given id", "No node with given id", "does not belong to the document"} {
		if err != nil && strings.Contains(err.Error(), text) {
			return true
		}
	}
	return false
}

// text returns what an element says.
func (b *tab) text(css string) string {
	b.t.Helper()
	s, err := chromedp.Run(b.ctx, chromedp.TextContent(chromedp.CSS(css)))
	if err != nil {
		b.t.Fatalf("%s: %v\n%s", css, err, b.state())
	}
	return strings.TrimSpace(s)
}

func (b *tab) location() string {
	b.t.Helper()
	s, err := chromedp.Run(b.ctx, chromedp.Location())
	if err != nil {
		b.t.Fatal(err)
	}
	return s
}

// until polls a JavaScript expression until it is true.
func (b *tab) until(expression string) {
	b.t.Helper()
	if _, err := chromedp.Run(b.ctx, chromedp.Poll[bool](expression, chromedp.WithPollingTimeout(patience))); err != nil {
		b.t.Fatalf("%s never came true: %v\n%s", expression, err, b.state())
	}
}

// state is what the page shows, for a failure.
func (b *tab) state() string {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(b.ctx), 2*time.Second)
	defer cancel()
	s, err := chromedp.Run(ctx, chromedp.Text(chromedp.CSS("body")))
	if err != nil {
		return "the page cannot be read: " + err.Error()
	}
	return s
}

// withoutScript turns JavaScript off.
func (b *tab) withoutScript() {
	b.do(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
		return err
	}))
}

// download clicks on an element and returns the hash of what is downloaded.
func (b *tab) download(css string) string {
	b.t.Helper()
	dir := b.t.TempDir()
	progress := chromedp.Events(b.ctx, browser.DownloadProgress)
	yes := true
	b.do(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{
			Behavior: browser.SetDownloadBehaviorBehaviorAllowAndName, DownloadPath: dir, EventsEnabled: &yes})
		return err
	}), chromedp.Click(chromedp.CSS(css)))
	for e, err := range progress {
		if err != nil {
			b.t.Fatal(err)
		}
		if e.State == browser.DownloadProgressStateCompleted {
			content, err := os.ReadFile(filepath.Join(dir, e.GUID))
			if err != nil {
				b.t.Fatal(err)
			}
			sum := sha256.Sum256(content)
			return hex.EncodeToString(sum[:])
		}
	}
	b.t.Fatal("the download never ended")
	return ""
}

const (
	start0  = "#start"
	bar     = "progress[data-live-bar]"
	ready   = `#job[data-state="ready"]`
	toFile  = `#job a[href$="/file"]`
	working = `#job[data-state="running"]`
)

// job is the id of the job whose page is open.
func (b *tab) job() string {
	b.t.Helper()
	_, id, ok := strings.Cut(b.location(), "/jobs/")
	if !ok {
		b.t.Fatalf("got the page %s, want that of a job", b.location())
	}
	return id
}

// watch collects the different values between 0 and the end that the bar has
// while the job runs, as a person sees them.
func (b *tab) watch() (values []float64) {
	b.t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		v, err := chromedp.Run(b.ctx, chromedp.Evaluate[float64](`(()=>{
			if (document.querySelector('#job[data-state="ready"]')) return 2
			const p = document.querySelector('progress[data-live-bar]')
			return p && p.hasAttribute('value') ? p.value/p.max : -1 })()`))
		if err != nil {
			if errors.Is(err, context.DeadlineExceeded) {
				break
			}
			continue // the page was replaced at this moment
		}
		if v == 2 {
			return values
		}
		if v > 0 && v < 1 && !slices.Contains(values, v) {
			values = append(values, v)
		}
	}
	b.t.Fatalf("the job was never ready; the bar was at %v\n%s", values, b.state())
	return nil
}

func checkBar(t *testing.T, values []float64) {
	t.Helper()
	if len(values) < 3 || !slices.IsSorted(values) {
		t.Errorf("got the bar at %v, want three or more values that grow", values)
	}
}

func TestInABrowser(t *testing.T) {
	t.Parallel()
	s := start(t, "-source", "docs="+tree(t), "-source", "shop=sqlite:"+shop(t, 100), slow)
	b := browse(t)
	b.do(chromedp.Navigate(s.url+"/"), chromedp.WaitVisible(chromedp.CSS(start0)))
	b.until(`document.querySelector('#conn') && document.querySelector('#conn').dataset.state === 'live'`)

	// Another source shows what it offers without leaving the page.
	b.do(chromedp.Click(chromedp.CSS(`input[name=source][value=shop]`)))
	b.until(`!!document.querySelector('input[name=table][value=orders]')`)
	b.do(chromedp.Click(chromedp.CSS(`input[name=source][value=docs]`)))
	b.until(`!!document.querySelector('input[name=paths][value="reports"]')`)
	b.do(chromedp.Click(chromedp.CSS(`button[name=open][value="reports"]`)))
	b.until(`!!document.querySelector('input[name=paths][value="reports/2026"]')`)

	b.do(chromedp.Click(chromedp.CSS(`input[name=format][value="tar.gz"]`)))
	b.until(`document.querySelector('input[name=format][value="tar.gz"]').checked`)
	b.do(chromedp.Click(chromedp.CSS(start0)), chromedp.WaitVisible(chromedp.CSS("#job")))
	checkBar(t, b.watch())
	id := b.job()
	b.do(chromedp.WaitVisible(chromedp.CSS(toFile)))
	j := s.get("/jobs/" + id)
	if got := b.download(toFile); got != j.text("file", "sha256") {
		t.Errorf("got a file with the hash %s, want %s", got, j.text("file", "sha256"))
	}
	if title, err := chromedp.Run(b.ctx, chromedp.Title()); err != nil || !strings.Contains(title, "docs.tar.gz") {
		t.Errorf("got the title %q, %v, want it to name the file", title, err)
	}
}

func TestInABrowserWithoutJavaScript(t *testing.T) {
	t.Parallel()
	s := start(t, "-source", "docs="+tree(t), "-source", "shop=sqlite:"+shop(t, 100), "-throttle=400000")
	b := browse(t)
	b.withoutScript()
	b.do(chromedp.Navigate(s.url+"/"), chromedp.Click(chromedp.CSS(`button[name=open][value="reports"]`)),
		chromedp.WaitVisible(chromedp.CSS(`input[name=paths][value="reports/2026"]`)),
		chromedp.Click(chromedp.CSS(start0)), chromedp.WaitVisible(chromedp.CSS("#job")))
	id := b.job()
	var seen []string
	for deadline := time.Now().Add(patience); s.get("/jobs/"+id).text("state") != "ready"; {
		if time.Now().After(deadline) {
			t.Fatal("the job was never ready")
		}
		// The page fetches itself again; between two fetches there may be none.
		v, err := chromedp.Run(b.ctx, chromedp.AttributeValue(chromedp.CSS(bar), "value"))
		if err == nil && v.Value != "" && !slices.Contains(seen, v.Value) {
			seen = append(seen, v.Value)
		}
	}
	if len(seen) < 3 {
		t.Errorf("got the bar at %v, want three or more values", seen)
	}
	b.do(chromedp.WaitVisible(chromedp.CSS(ready)), chromedp.WaitVisible(chromedp.CSS(toFile)))
	if got, want := b.download(toFile), s.get("/jobs/"+id).text("file", "sha256"); got != want {
		t.Errorf("got a file with the hash %s, want %s", got, want)
	}
}

func TestAPageOpenedInTheMiddleEndsRight(t *testing.T) {
	t.Parallel()
	s := start(t, "-source", "docs="+tree(t), "-throttle=600000")
	b := browse(t)
	b.do(chromedp.Navigate(s.url + "/")) // so that the browser is up when the job begins
	id := s.submit(spec("docs", "zip")).text("id")
	st := s.follow("/jobs/"+id+"/events", "")
	for {
		e, err := st.next()
		if err != nil {
			t.Fatal(err)
		}
		if e.name == "progress" && e.json(t).number("fraction") > 0.2 {
			break
		}
	}
	b.do(chromedp.Navigate(s.url + "/jobs/" + id))
	checkBar(t, b.watch())
	if got := b.text("#job [data-live=state]"); got != "Ready" {
		t.Errorf("got the state %q, want Ready", got)
	}
}

func TestAPageOutlivesTheServer(t *testing.T) {
	t.Parallel()
	s := start(t, "-source", "docs="+tree(t), slow)
	b := browse(t)
	id := s.submit(spec("docs", "zip")).text("id")
	b.do(chromedp.Navigate(s.url+"/jobs/"+id), chromedp.WaitVisible(chromedp.CSS(working)))
	b.until(`document.querySelector('#conn').dataset.state === 'live'`)
	s.kill()
	b.until(`document.querySelector('#conn').dataset.state === 'retry'`)
	s.restart()
	b.watch()
	last := strconv.Itoa(int(s.get("/jobs/" + id).number("last_event")))
	b.until(`document.querySelector('#job').dataset.lastEvent === '` + last + `'`)
	log := b.text("#log")
	for _, want := range []string{"restarted", "ready"} {
		if !strings.Contains(log, want) {
			t.Errorf("got the log %q, want it to say %q", log, want)
		}
	}
}

func TestAListKeepsItselfUpToDate(t *testing.T) {
	t.Parallel()
	s := start(t, "-source", "docs="+tree(t), slow)
	b := browse(t)
	b.do(chromedp.Navigate(s.url + "/jobs"))
	b.until(`document.querySelector('#conn').dataset.state === 'live'`)
	id := s.submit(spec("docs", "zip")).text("id")
	row := `[data-job="` + id + `"]`
	b.until(`!!document.querySelector('` + row + `')`)
	b.until(`document.querySelector('` + row + `').dataset.state === 'ready'`)
	if resp, _ := s.call("POST", "/publish", `{"message":"We close at noon."}`); resp.StatusCode != 202 {
		t.Fatalf("got %s", resp.Status)
	}
	b.until(`document.body.textContent.includes('We close at noon.')`)
}
