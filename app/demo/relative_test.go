package demo_test

import (
	"os"
	"testing"

	"example.org/carryout/app/demo"
)

func TestARelativeFolderWillDo(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := (demo.Size{Files: 10, Bytes: 10_000, Orders: 10}).Write(t.Context(), "data/demo", func(float64) {}); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat("data/demo/shop.db"); err != nil {
		t.Error(err)
	}
}
