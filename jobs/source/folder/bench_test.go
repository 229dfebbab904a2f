package folder_test

import (
	"go/build"
	"path/filepath"
	"testing"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/source"
	"example.org/carryout/jobs/source/folder"
)

// BenchmarkPlan plans the standard library, some 11,500 files.
func BenchmarkPlan(b *testing.B) {
	files := library(b)
	for b.Loop() {
		p, err := files.Plan(b.Context(), nil)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(len(p.Entries)), "entries")
	}
}

// BenchmarkOpen opens and closes every file of it.
func BenchmarkOpen(b *testing.B) {
	files := library(b)
	p, err := files.Plan(b.Context(), nil)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		for _, e := range p.Entries {
			if !e.Mode.IsRegular() {
				continue
			}
			f, err := files.Open(b.Context(), e)
			if err != nil {
				b.Fatal(err)
			}
			f.Close()
		}
	}
}

func library(b *testing.B) source.Files {
	src, err := folder.Open(filepath.Join(build.Default.GOROOT, "src"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { src.Close() })
	data, err := src.Open(b.Context(), jobs.Spec{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { data.Close() })
	return data.Files
}
