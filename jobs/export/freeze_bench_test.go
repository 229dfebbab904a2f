package export_test

import (
	"database/sql"
	"path/filepath"
	"testing"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/artifact/dir"
	"example.org/carryout/jobs/export"
	"example.org/carryout/jobs/format"
	"example.org/carryout/jobs/source/sqlite"
)

// BenchmarkFreeze exports two million orders of six columns as CSV, from where they lie and
// from a frozen copy: what the second takes more is the price of going on after
// a crash. The table is small enough to stay in memory.
func BenchmarkFreeze(b *testing.B) {
	file := filepath.Join(b.TempDir(), "shop.db")
	db, err := sql.Open("sqlite3", file)
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(`CREATE TABLE orders (id INTEGER PRIMARY KEY, customer INTEGER, placed TEXT, total REAL, state TEXT, note TEXT);
		WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000000)
		INSERT INTO orders SELECT i, i * 37 % 90001, '2026-01-' || (10 + i % 20) || ' 10:00:00', i / 8.0, 'paid', 'order ' || i || ' by phone' FROM n`); err != nil {
		b.Fatal(err)
	}
	shop, err := sqlite.Open(file)
	if err != nil {
		b.Fatal(err)
	}
	defer shop.Close()
	artifacts, err := dir.New(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	for name, freeze := range map[string]int64{"where it lies": 0, "frozen": 1} {
		b.Run(name, func(b *testing.B) {
			e := &export.Exporter{Sources: []export.Named{{Name: "shop", Source: shop}}, Formats: format.All(), Artifacts: artifacts, Workers: 2, Freeze: freeze}
			for b.Loop() {
				f, err := e.Run(b.Context(), task(jobs.Spec{Source: "shop", Format: "csv", Table: "orders"}))
				if err != nil {
					b.Fatal(err)
				}
				b.SetBytes(f.Size)
			}
		})
	}
}
