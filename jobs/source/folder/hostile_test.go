package folder_test

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"example.org/carryout/jobs/source"
)

func TestOpenFollowsNothingThatTookAPlace(t *testing.T) {
	secret := tree(t, map[string]string{"deep/file": "secret", "file": "secret"})
	for _, c := range []struct {
		name   string
		change func(t *testing.T, root string)
		want   error
	}{
		{"a link in place of the file", func(t *testing.T, root string) {
			replace(t, root+"/in/deep/file", false, "-> "+secret+"/file")
		}, source.ErrChanged},
		{"a link inside in place of the file", func(t *testing.T, root string) {
			replace(t, root+"/in/deep/file", false, "-> ../../other/deep/file")
		}, source.ErrChanged},
		{"a link out in place of the folder", func(t *testing.T, root string) {
			replace(t, root+"/in", false, "-> "+secret)
		}, source.ErrChanged},
		{"a link inside in place of the folder", func(t *testing.T, root string) {
			replace(t, root+"/in", false, "-> other")
		}, source.ErrChanged},
		{"a link in place of the last folder", func(t *testing.T, root string) {
			replace(t, root+"/in/deep", false, "-> "+secret+"/deep")
		}, source.ErrChanged},
		{"a FIFO in place of the file", func(t *testing.T, root string) {
			replace(t, root+"/in/deep/file", false, "fifo")
		}, source.ErrChanged},
		{"a socket in place of the file", func(t *testing.T, root string) {
			t.Chdir(root + "/in/deep") // the address of a socket is short
			replace(t, "file", false, "socket")
		}, source.ErrChanged},
		{"a folder in place of the file", func(t *testing.T, root string) {
			replace(t, root+"/in/deep/file", true, "")
		}, source.ErrChanged},
		{"a file in place of the folder", func(t *testing.T, root string) {
			replace(t, root+"/in", false, "x")
		}, source.ErrChanged},
		{"nothing in place of the file", func(t *testing.T, root string) {
			must(t, os.Remove(root+"/in/deep/file"))
		}, fs.ErrNotExist},
		{"nothing in place of the folder", func(t *testing.T, root string) {
			must(t, os.RemoveAll(root+"/in"))
		}, fs.ErrNotExist},
	} {
		t.Run(c.name, func(t *testing.T) {
			root := tree(t, map[string]string{"in/deep/file": "mine", "other/deep/file": "not asked for"})
			f := files(t, root, "in")
			p := plan(t, f)
			c.change(t, root)
			r, err := f.Open(t.Context(), p.Entries[len(p.Entries)-1])
			if !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
			if err == nil {
				r.Close()
			} else if strings.Contains(err.Error(), root) || strings.Contains(err.Error(), secret) {
				t.Errorf("the error gives a place on the disk away: %v", err)
			}
		})
	}
}

func replace(t *testing.T, name string, isFolder bool, content string) {
	t.Helper()
	must(t, os.RemoveAll(name))
	put(t, name, isFolder, content)
}

func TestEntriesThatNoPlanHoldsAreNotOpened(t *testing.T) {
	root := tree(t, map[string]string{"in/file": "mine", "secret": "x"})
	f := files(t, filepath.Join(root, "in"))
	for _, path := range []string{"", ".", "..", "../secret", "/etc/passwd", "a/../../secret", "file/", "fi\x00le", "./file"} {
		r, err := f.Open(t.Context(), source.Entry{Path: path})
		if err == nil {
			r.Close()
			t.Errorf("%q was opened", path)
		}
	}
}

func TestNeverReadsBehindALinkThatComesAndGoes(t *testing.T) {
	secret := tree(t, map[string]string{"file": "secret", "secret-name": "secret"})
	root := tree(t, map[string]string{"in/file": "mine", "more/file": "more"})
	must(t, os.Symlink(secret, filepath.Join(root, "swap")))
	f := files(t, root, "in", "more")

	stop := make(chan struct{})
	var swapping sync.WaitGroup
	swapping.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			err := unix.Renameat2(unix.AT_FDCWD, root+"/in", unix.AT_FDCWD, root+"/swap", unix.RENAME_EXCHANGE)
			if err != nil {
				t.Error(err)
				return
			}
		}
	})
	defer swapping.Wait()
	defer close(stop)

	var read, refused int
	for i := 0; i < 3000 || (read == 0 || refused == 0) && i < 1_000_000; i++ {
		r, err := f.Open(t.Context(), source.Entry{Path: "in/file"})
		if err != nil {
			if !errors.Is(err, source.ErrChanged) {
				t.Fatalf("got %v, want %v", err, source.ErrChanged)
			}
			refused++
			continue
		}
		text, err := io.ReadAll(r)
		r.Close()
		if err != nil || string(text) != "mine" {
			t.Fatalf("got %q and error %v, want what is inside", text, err)
		}
		read++
		if i%10 == 0 {
			if got := lines(plan(t, f)); strings.Contains(got, "secret") && !strings.Contains(got, "in -> ") {
				t.Fatalf("the plan holds what is behind a link:\n%s", got)
			}
		}
	}
	if read == 0 || refused == 0 {
		t.Errorf("got %d files read and %d refused, want some of each", read, refused)
	}
}

func TestVeryDeepTreesArePlannedAndRead(t *testing.T) {
	const levels = 1500
	root := t.TempDir()
	fd, err := unix.Open(root, unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	must(t, err)
	for range levels {
		must(t, unix.Mkdirat(fd, "deeper", 0o755))
		below, err := unix.Openat(fd, "deeper", unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
		must(t, err)
		must(t, unix.Close(fd))
		fd = below
	}
	file, err := unix.Openat(fd, "file", unix.O_CREAT|unix.O_WRONLY|unix.O_CLOEXEC, 0o644)
	must(t, err)
	must(t, unix.Close(file))
	must(t, unix.Close(fd))

	f := files(t, root)
	p := plan(t, f)
	if len(p.Entries) != levels+1 || len(p.Warnings) != 0 {
		t.Fatalf("got %d entries and %d warnings, want %d and none", len(p.Entries), len(p.Warnings), levels+1)
	}
	r, err := f.Open(t.Context(), p.Entries[levels])
	if err != nil {
		t.Fatalf("the file %d folders down: %v", levels, err)
	}
	must(t, r.Close())
}

func TestTreesWithoutEndAreLeftOutWithAWarning(t *testing.T) {
	root := t.TempDir()
	fd, err := unix.Open(root, unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	must(t, err)
	name := strings.Repeat("n", 250)
	for range 80 { // 20,000 bytes
		must(t, unix.Mkdirat(fd, name, 0o755))
		below, err := unix.Openat(fd, name, unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
		must(t, err)
		must(t, unix.Close(fd))
		fd = below
	}
	must(t, unix.Close(fd))
	p := plan(t, files(t, root))
	if len(p.Warnings) != 1 || p.Warnings[0].Code != "path_too_long" || p.Warnings[0].Count != 1 {
		t.Errorf("got %d warnings, want one of a path that is too long", len(p.Warnings))
	}
	if last := p.Entries[len(p.Entries)-1].Path; last != p.Warnings[0].Path {
		t.Errorf("got the warning at %d bytes, want it at the last folder, %d bytes", len(p.Warnings[0].Path), len(last))
	}
}

func TestWhatMayNotBeReadIsLeftOutWithAWarning(t *testing.T) {
	root := tree(t, map[string]string{"closed/file": "x", "open/file": "x", "open/mine": "x"})
	f := files(t, root)
	must(t, os.Chmod(root+"/closed", 0))
	must(t, os.Chmod(root+"/open/mine", 0))
	t.Cleanup(func() { os.Chmod(root+"/closed", 0o755) })
	unprivileged(t, func() {
		p := plan(t, f)
		if got, want := lines(p), "closed/\nopen/\nopen/file\nopen/mine\n(unreadable) closed"; got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
		if _, err := f.Open(t.Context(), source.Entry{Path: "open/mine"}); !errors.Is(err, fs.ErrPermission) {
			t.Errorf("got %v, want %v", err, fs.ErrPermission)
		}
	})
}

// unprivileged runs do as somebody for whom permissions count, which root is
// not.
func unprivileged(t *testing.T, do func()) {
	t.Helper()
	if os.Getuid() != 0 {
		do()
		return
	}
	const nobody = 65534
	must(t, syscall.Setreuid(-1, nobody)) // of all threads
	defer func() { must(t, syscall.Setreuid(-1, 0)) }()
	do()
}

func TestManySelectedFoldersTakeFewDescriptors(t *testing.T) {
	const folders = 600
	contents, paths := make(map[string]string), make([]string, folders)
	for i := range paths {
		paths[i] = fmt.Sprintf("folder-%03d", i)
		contents[paths[i]+"/file"] = "x"
	}
	f := files(t, tree(t, contents), paths...)
	var old syscall.Rlimit
	must(t, syscall.Getrlimit(syscall.RLIMIT_NOFILE, &old))
	must(t, syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: folders / 2, Max: old.Max}))
	defer func() { must(t, syscall.Setrlimit(syscall.RLIMIT_NOFILE, &old)) }()
	if got, want := len(plan(t, f).Entries), 2*folders; got != want {
		t.Errorf("got %d entries, want %d", got, want)
	}
}

func TestDescriptorsDoNotLeak(t *testing.T) {
	root := mixed(t)
	count := func() int {
		names, err := os.ReadDir("/proc/self/fd")
		must(t, err)
		return len(names)
	}
	src := open(t, root)
	must(t, src.Close()) // the count that goes on holds some
	f := files(t, root, "reports", "empty", "no", "circle/reports", "pipe")
	before := count()
	for range 10 {
		plan(t, f)
		for _, path := range []string{"no", "circle/readme.md", "pipe", "reports", "日本/no"} {
			if r, err := f.Open(t.Context(), source.Entry{Path: path}); err == nil {
				r.Close()
				t.Errorf("%q was opened", path)
			}
		}
		if _, _, err := src.Children(t.Context(), "reports/no", 1); err == nil {
			t.Error("a folder that is not there was listed")
		}
	}
	if after := count(); after > before+3 {
		t.Errorf("got %d descriptors after %d before", after, before)
	}
}
