package client_test

import (
	"bytes"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"example.org/carryout/app/client"
)

func TestTwoDownloadsDoNotWriteTheSamePart(t *testing.T) {
	a, other := newArtifact(1000), newArtifact(2000)
	halfway, free := make(chan struct{}), make(chan struct{})
	first, _ := serve(t, script{func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000")
		w.Write(a.data[:500])
		w.(http.Flusher).Flush()
		close(halfway)
		<-free
		w.Write(a.data[500:])
	}})
	second, seen := serve(t, script{other.serve})
	dst := filepath.Join(t.TempDir(), "docs.zip")
	done := make(chan error)
	go func() { done <- first.Download(t.Context(), a.job, dst, nil) }()
	<-halfway
	if err := second.Download(t.Context(), other.job, dst, nil); !errors.Is(err, client.ErrBusy) || !strings.Contains(err.Error(), "docs.zip.part") {
		t.Errorf("got %v, want %v", err, client.ErrBusy)
	}
	if err := client.Possible(dst); !errors.Is(err, client.ErrBusy) {
		t.Errorf("got %v before, want %v", err, client.ErrBusy)
	}
	if seen.count() != 0 {
		t.Errorf("got %d requests, want none", seen.count())
	}
	close(free)
	if err := <-done; err != nil {
		t.Error(err)
	}
	arrived(t, dst, a.data)
	if err := client.Possible(dst); err != nil {
		t.Errorf("got %v after it, want that it can be", err)
	}
}

func TestOfManyDownloadsAtOnceOneFileIsLeftWhole(t *testing.T) {
	files := []artifact{newArtifact(300_000), newArtifact(200_000)}
	dst := filepath.Join(t.TempDir(), "docs.zip")
	errs := make([]error, 16)
	var all sync.WaitGroup
	for i := range errs {
		c, _ := serve(t, script{files[i%2].serve})
		all.Go(func() { errs[i] = c.Download(t.Context(), files[i%2].job, dst, nil) })
	}
	all.Wait()
	var ended [2]int // well, of each file
	for i, err := range errs {
		if err == nil {
			ended[i%2]++
		} else if !errors.Is(err, client.ErrBusy) {
			t.Errorf("got %v, want %v", err, client.ErrBusy)
		}
	}
	got, err := os.ReadFile(dst)
	if err != nil {
		t.Fatal(err)
	}
	if a, b := bytes.Equal(got, files[0].data), bytes.Equal(got, files[1].data); !a && !b || a && ended[0] == 0 || b && ended[1] == 0 {
		t.Errorf("got %d bytes after %v downloads that ended well, want one of their files", len(got), ended)
	}
	arrived(t, dst, got)
}

func TestOnlyRegularFilesAreReplaced(t *testing.T) {
	for name, c := range map[string]struct {
		make func(path string) error
		at   string // what is made beside docs.zip, or as it
		want fs.FileMode
	}{
		"a named pipe":            {mkfifo, "docs.zip", fs.ModeNamedPipe},
		"a folder":                {mkdir, "docs.zip", fs.ModeDir},
		"a link to a pipe":        {linkToPipe, "docs.zip", fs.ModeSymlink},
		"a link to nothing":       {linkTo("nothing"), "docs.zip", fs.ModeSymlink},
		"a part that is a pipe":   {mkfifo, "docs.zip.part", fs.ModeNamedPipe},
		"a part that is a folder": {mkdir, "docs.zip.part", fs.ModeDir},
		"a part that is a link":   {linkTo("elsewhere"), "docs.zip.part", fs.ModeSymlink},
	} {
		t.Run(name, func(t *testing.T) {
			a := newArtifact(10)
			c1, seen := serve(t, script{a.serve})
			dir := t.TempDir()
			if err := c.make(filepath.Join(dir, c.at)); err != nil {
				t.Fatal(err)
			}
			before, err := os.ReadDir(dir)
			if err != nil {
				t.Fatal(err)
			}
			dst := filepath.Join(dir, "docs.zip")
			if err := client.Possible(dst); err == nil {
				t.Error("got no error before, want one")
			}
			if err := c1.Download(t.Context(), a.job, dst, nil); err == nil {
				t.Error("got no error, want one")
			}
			info, err := os.Lstat(filepath.Join(dir, c.at))
			if err != nil || info.Mode().Type() != c.want {
				t.Errorf("got %v and %v of what was there, want it unchanged", info, err)
			}
			if seen.count() != 0 {
				t.Errorf("got %d requests, want none", seen.count())
			}
			if after, _ := os.ReadDir(dir); len(after) != len(before) {
				t.Errorf("got %v, want nothing new beside %v", after, before)
			}
		})
	}
}

func mkfifo(path string) error { return syscall.Mkfifo(path, 0o600) }
func mkdir(path string) error  { return os.Mkdir(path, 0o700) }

// linkToPipe makes a link to a pipe in a folder of its own: not to a device of
// this machine, which would be gone if what is tested were wrong.
func linkToPipe(path string) error {
	dir := filepath.Join(filepath.Dir(path), "pipes")
	return errors.Join(os.Mkdir(dir, 0o700), mkfifo(filepath.Join(dir, "pipe")), os.Symlink("pipes/pipe", path))
}

func linkTo(target string) func(string) error {
	return func(path string) error { return os.Symlink(target, path) }
}

func TestDownloadFollowsALink(t *testing.T) {
	a := newArtifact(1000)
	c, _ := serve(t, script{a.cutAfter(600), a.serve})
	dir := t.TempDir()
	target, link := filepath.Join(dir, "target"), filepath.Join(t.TempDir(), "docs.zip")
	if err := errors.Join(os.WriteFile(target, nil, 0o600), os.Symlink(target, link)); err != nil {
		t.Fatal(err)
	}
	if err := client.Possible(link); err != nil {
		t.Error(err)
	}
	if err := c.Download(t.Context(), a.job, link, nil); err != nil {
		t.Fatal(err)
	}
	arrived(t, link, a.data)
	arrived(t, target, a.data)
	if info, err := os.Lstat(link); err != nil || info.Mode().Type() != fs.ModeSymlink {
		t.Errorf("got %v and %v, want still a link", info, err)
	}
}

func TestAPartThatIsChangedUnderADownloadGetsNoName(t *testing.T) {
	for name, change := range map[string]func(part string) error{
		"removed": os.Remove,
		"replaced": func(part string) error {
			return errors.Join(os.Remove(part), os.WriteFile(part, make([]byte, 1000), 0o600))
		},
		"replaced by a pipe": func(part string) error { return errors.Join(os.Remove(part), mkfifo(part)) },
		"cut":                func(part string) error { return os.Truncate(part, 10) },
		"grown": func(part string) error {
			return os.Truncate(part, 1001)
		},
		"now beside a pipe": func(part string) error { return mkfifo(strings.TrimSuffix(part, ".part")) },
	} {
		t.Run(name, func(t *testing.T) {
			a := newArtifact(1000)
			c, _ := serve(t, script{a.serve})
			dst := filepath.Join(t.TempDir(), "docs.zip")
			err := c.Download(t.Context(), a.job, dst, func(done, total int64) {
				if done == total {
					if err := change(dst + ".part"); err != nil {
						t.Error(err)
					}
				}
			})
			if err == nil || !strings.Contains(err.Error(), "docs.zip") {
				t.Errorf("got %v, want an error that names the file", err)
			}
			if info, err := os.Lstat(dst); err == nil && info.Mode().IsRegular() {
				t.Error("got a file of that name, want none")
			}
		})
	}
}
