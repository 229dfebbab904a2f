package main

import (
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// terminal opens a pseudo-terminal of 100 columns: the side of the program, and
// that of who looks at it.
func terminal(t *testing.T) (program, viewer *os.File) {
	t.Helper()
	viewer, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { viewer.Close() })
	fd := int(viewer.Fd())
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 25, Col: 100}); err != nil {
		t.Fatal(err)
	}
	program, err = os.OpenFile("/dev/pts/"+strconv.Itoa(n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	return program, viewer
}

func TestGetDrawsABarOnATerminal(t *testing.T) {
	f := newFake()
	defer f.Close()
	program, viewer := terminal(t)
	seen := make(chan string)
	go func() {
		b, _ := io.ReadAll(viewer) // ends with an error when the program's side is closed
		seen <- string(b)
	}()
	dst := filepath.Join(t.TempDir(), "docs.zip")
	var out strings.Builder
	status := run(t.Context(), []string{"get", "-server", f.URL, "-o", dst, "docs"}, strings.NewReader(""), &out, program, nil)
	program.Close()
	shown := <-seen
	if want := hexSum(content()) + "  " + dst + "\n"; status != exitOK || out.String() != want {
		t.Errorf("got status %d and %q, want %d and %q", status, out.String(), exitOK, want)
	}
	for _, part := range []string{"Compressing  50%  [", "90%  [", "Downloading  100%  [#"} {
		if !strings.Contains(shown, part) {
			t.Errorf("got %q, want %q in it", shown, part)
		}
	}
	rows := screen(strings.ReplaceAll(shown, "\r\n", "\n"))
	if last := rows[len(rows)-2]; last != dst+" is here, 97.7 KiB, checked" {
		t.Errorf("got %q as the last line, want that the file is here", last)
	}
}
