package demo

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"strings"

	_ "github.com/mattn/go-sqlite3" // the driver "sqlite3"
)

// Nothing is synced while the shop is written: until it has its name, it is
// begun anew if anything goes wrong.
const schema = `
	PRAGMA journal_mode = OFF;
	PRAGMA synchronous = OFF;
	CREATE TABLE customers (
		id      INTEGER PRIMARY KEY,
		name    TEXT NOT NULL,
		email   TEXT,
		city    TEXT,
		born    DATE,     -- YYYY-MM-DD
		vip     BOOLEAN NOT NULL,
		credit  REAL,     -- in euros, not exact
		address TEXT      -- with line breaks
	);
	CREATE TABLE products (
		id           INTEGER PRIMARY KEY,
		sku          TEXT NOT NULL,
		name         TEXT NOT NULL,
		description  TEXT,
		price_cents  INTEGER NOT NULL,
		weight       REAL,     -- kilograms
		thumbnail    BLOB,
		discontinued DATE      -- YYYY-MM-DD; NULL: still sold
	);
	CREATE TABLE orders (
		id          INTEGER PRIMARY KEY,
		customer    INTEGER NOT NULL REFERENCES customers (id),
		product     INTEGER NOT NULL REFERENCES products (id),
		ordered     DATETIME NOT NULL, -- YYYY-MM-DD HH:MM:SS, UTC
		quantity    INTEGER NOT NULL,
		total_cents INTEGER NOT NULL,
		total       DECIMAL_TEXT NOT NULL, -- in euros, exact
		status      TEXT NOT NULL,
		note        TEXT, -- NULL: none; empty: taken back
		token       BLOB
	);
	CREATE VIEW order_totals AS
		SELECT o.id, o.ordered, c.name AS customer, c.city, p.name AS product, o.quantity, o.total, o.note
		FROM orders AS o JOIN customers AS c ON c.id = o.customer JOIN products AS p ON p.id = o.product
		ORDER BY o.id`

// batch is how many rows one statement inserts: as many as keep the cost of a
// statement small beside that of its rows.
const batch = 50

// writeShop writes the database.
func writeShop(ctx context.Context, file string, s Size, progress func(float64)) error {
	location := url.URL{Scheme: "file", Path: file}
	db, err := sql.Open("sqlite3", location.String())
	if err != nil {
		return fmt.Errorf("making the shop: %w", err)
	}
	defer db.Close() // once more, where it fails
	db.SetMaxOpenConns(1)
	if _, err := db.ExecContext(ctx, schema); err != nil {
		return fmt.Errorf("making the tables of the shop: %w", err)
	}
	if err := fillShop(ctx, db, s, progress); err != nil {
		return err
	}
	if err := db.Close(); err != nil {
		return fmt.Errorf("closing the shop: %w", err)
	}
	return syncFile(file)
}

func fillShop(ctx context.Context, db *sql.DB, s Size, progress func(float64)) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("filling the shop: %w", err)
	}
	defer tx.Rollback() // nothing once it is committed
	m := &maker{r: rand.New(rand.NewPCG(seedShop, 0)), customers: max(1, s.Orders/40), products: max(1, min(2000, s.Orders/100))}
	for _, t := range []struct {
		name    string
		columns int
		rows    int
		row     func(m *maker, id int) []any
		told    func(float64)
	}{
		{"customers", 8, m.customers, (*maker).customer, func(float64) {}},
		{"products", 8, m.products, (*maker).product, func(float64) {}},
		{"orders", 10, s.Orders, (*maker).order, progress},
	} {
		insert := inserter{tx: tx, table: t.name, columns: t.columns}
		if err := insert.rows(ctx, t.rows, func(id int) []any { return t.row(m, id) }, t.told); err != nil {
			return fmt.Errorf("filling the table %s: %w", t.name, err)
		}
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("filling the shop: %w", err)
	}
	return nil
}

func syncFile(name string) error {
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("syncing the shop: %w", err)
	}
	if err := f.Chmod(0o644); err != nil {
		f.Close()
		return fmt.Errorf("syncing the shop: %w", err)
	}
	if err := f.Sync(); err != nil {
		f.Close()
		return fmt.Errorf("syncing the shop: %w", err)
	}
	return f.Close()
}

// An inserter inserts rows, numbered from 1, a batch at a time.
type inserter struct {
	tx      *sql.Tx
	table   string
	columns int
}

func (in inserter) rows(ctx context.Context, n int, row func(id int) []any, told func(float64)) error {
	many, err := in.prepare(ctx, batch)
	if err != nil {
		return err
	}
	defer many.Close()
	values := make([]any, 0, batch*in.columns)
	for id := 1; id <= n; id++ {
		values = append(values, row(id)...)
		if id%batch == 0 {
			if _, err := many.ExecContext(ctx, values...); err != nil {
				return err
			}
			values = values[:0]
		}
		if id%10_000 == 0 {
			told(float64(id) / float64(n))
		}
	}
	told(1)
	if len(values) == 0 {
		return nil
	}
	last, err := in.prepare(ctx, n%batch)
	if err != nil {
		return err
	}
	defer last.Close()
	_, err = last.ExecContext(ctx, values...)
	return err
}

func (in inserter) prepare(ctx context.Context, rows int) (*sql.Stmt, error) {
	row := "(" + strings.Repeat("?, ", in.columns-1) + "?)"
	return in.tx.PrepareContext(ctx, "INSERT INTO "+in.table+" VALUES "+strings.Repeat(row+", ", rows-1)+row)
}
