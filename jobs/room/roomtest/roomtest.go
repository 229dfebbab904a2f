// Package roomtest makes small disks for tests, and fills them.
package roomtest

import (
	"errors"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"testing"
)

// Disk mounts an empty disk in memory (tmpfs) on folder, which it makes if need
// be. It is unmounted when the test is over. A test that may not mount skips
// itself, unless CARRYOUT_TEST_ALL is set.
func Disk(t *testing.T, folder string, size int64) {
	t.Helper()
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size="+strconv.FormatInt(size, 10), "carryout-test", folder).CombinedOutput()
	if err != nil {
		if os.Getenv("CARRYOUT_TEST_ALL") != "" {
			t.Fatalf("a disk could not be mounted: %v: %s", err, out)
		}
		t.Skipf("a disk could not be mounted: %v: %s", err, out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", folder).CombinedOutput(); err != nil {
			t.Errorf("the disk could not be unmounted: %v: %s", err, out)
		}
	})
}

// Fill writes to folder until its disk is full but for the bytes that are to be
// left. It returns a function that removes what it wrote.
func Fill(t *testing.T, folder string, left int64) (empty func()) {
	t.Helper()
	f, err := os.CreateTemp(folder, "somebody-elses-")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() // a full disk is what is wanted
	written := int64(0)
	for size := 1 << 20; size > 0; {
		n, failed := f.Write(make([]byte, size))
		written += int64(n)
		if failed != nil {
			err, size = failed, size/2
		}
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("filling the disk: got %v, want %v", err, syscall.ENOSPC)
	}
	if err := f.Truncate(max(0, written-left)); err != nil {
		t.Fatal(err)
	}
	return func() {
		t.Helper()
		if err := os.Remove(f.Name()); err != nil {
			t.Fatal(err)
		}
	}
}
