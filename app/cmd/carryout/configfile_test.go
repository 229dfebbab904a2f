package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What follows a line that is too long must not be lost in silence: it may be
// what keeps people apart.
func TestALineThatIsTooLongIsToldOf(t *testing.T) {
	file := filepath.Join(t.TempDir(), "carryout.conf")
	text := "addr 127.0.0.1:0\n# " + strings.Repeat("x", 70_000) + "\nowner-header X-User\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	err = readConfig(f, func(string, string) error { return nil })
	if err == nil || !strings.Contains(err.Error(), "line 2") {
		t.Errorf("got %v, want to be told of line 2", err)
	}
}
