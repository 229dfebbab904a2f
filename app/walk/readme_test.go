package walk_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Every command of the README's tour is run, one block after the other in one
// shell, against a server that has what the demo has.
func TestTheTourOfTheREADME(t *testing.T) {
	t.Parallel()
	need(t, "curl")
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(string(readme), -1)
	if len(blocks) < 5 {
		t.Fatalf("got %d blocks of commands in the README, want the tour", len(blocks))
	}
	s := start(t, "-source", "docs="+tree(t), "-source", "shop=sqlite:"+shop(t, 1000))
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "bin"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(binary, filepath.Join(dir, "bin", "carryout")); err != nil {
		t.Fatal(err)
	}
	script := "set -euxo pipefail\n"
	for _, b := range blocks {
		script += b[1]
	}
	script = strings.ReplaceAll(script, "http://127.0.0.1:8080", s.url)
	script = strings.ReplaceAll(script, "curl ", "curl --fail-with-body ")
	cmd := exec.CommandContext(t.Context(), "bash", "-c", script)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CARRYOUT_SERVER="+s.url)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, want := range []string{`"kind":"folder"`, "event: ready", `"format":"csv"`, "event: queued"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("the tour never shows %q:\n%s", want, out)
		}
	}
	for _, file := range []string{"docs.zip", "docs.tar.zst"} {
		if info, err := os.Stat(filepath.Join(dir, file)); err != nil || info.Size() == 0 {
			t.Errorf("the tour leaves no %s behind: %v", file, err)
		}
	}
}
