package folder_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.org/carryout/jobs"
)

func TestAFolderThatWasReplacedIsNotExported(t *testing.T) {
	secret := tree(t, map[string]string{"file": "secret"})
	for _, c := range []struct {
		name    string
		replace func(root string) error
	}{
		{"by a link", func(root string) error { return os.Symlink(secret, root) }},
		{"by another folder", func(root string) error { return os.Mkdir(root, 0o755) }},
		{"by a link above it", func(root string) error {
			above := filepath.Dir(root)
			return errors.Join(os.Rename(above, above+".bak"), os.Mkdir(secret+"/root", 0o755), os.Symlink(secret, above))
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			top := tree(t, map[string]string{"above/root/file": "mine"})
			root := filepath.Join(top, "above", "root")
			src := open(t, root)
			must(t, os.Rename(root, root+".bak"))
			must(t, c.replace(root))

			_, openErr := src.Open(t.Context(), jobs.Spec{})
			_, _, treeErr := src.Children(t.Context(), "", 1)
			for _, err := range []error{openErr, treeErr, src.Check(t.Context(), jobs.Spec{Paths: []string{"file"}})} {
				var failure *jobs.Failure
				if !errors.As(err, &failure) || failure.Code != "source_gone" || !strings.Contains(failure.Message, "replaced") {
					t.Errorf("got %v, want a source_gone that was replaced", err)
				}
				if err != nil && (strings.Contains(err.Error(), top) || strings.Contains(err.Error(), secret)) {
					t.Errorf("the error gives a place on the disk away: %v", err)
				}
			}
			must(t, open(t, root).Check(t.Context(), jobs.Spec{})) // as after a restart
		})
	}
}

func TestTheRootMayBeALinkWhenItIsOpened(t *testing.T) {
	top := tree(t, map[string]string{"one/file": "1", "two/other": "2", "root": "-> one"})
	src := open(t, filepath.Join(top, "root"))
	check := func(when string) {
		t.Helper()
		if err := src.Check(t.Context(), jobs.Spec{Paths: []string{"file"}}); err != nil {
			t.Errorf("%s: got %v, want the folder that the link led to at first", when, err)
		}
	}
	check("at first")
	replace(t, filepath.Join(top, "root"), false, "-> two")
	check("when the link leads elsewhere")
	must(t, os.Rename(filepath.Join(top, "one"), filepath.Join(top, "moved")))
	must(t, os.Symlink("moved", filepath.Join(top, "one")))
	check("when the folder itself was moved, with a link to it in its place")
}
