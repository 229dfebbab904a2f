package walk_test

import (
	"bytes"
	"database/sql"
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// bank is a database of accounts between which money is moved all the time.
// Every account knows the last transfer that has touched it.
type bank struct {
	file     string
	accounts int

	mu        sync.Mutex
	transfers []transfer // by number, from 1
}

type transfer struct{ from, to, amount int }

// move makes the nth transfer, in one transaction.
func (one transfer) move(db *sql.DB, n int) error {
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback() // does nothing after a commit
	const update = `UPDATE accounts SET amount = amount + ?, latest = ? WHERE id = ?`
	if _, err := tx.Exec(update, -one.amount, n, one.from); err != nil {
		return err
	}
	if _, err := tx.Exec(update, one.amount, n, one.to); err != nil {
		return err
	}
	return tx.Commit()
}

const opening = 1000 // on each account at the beginning

// openBank makes the database, and moves money until the end of the test.
func openBank(t *testing.T, accounts int) *bank {
	t.Helper()
	b := &bank{file: filepath.Join(t.TempDir(), "bank.db"), accounts: accounts, transfers: make([]transfer, 1)}
	db := open(t, b.file)
	db.SetMaxOpenConns(1)
	if _, err := db.Exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;
		CREATE TABLE accounts (id INTEGER PRIMARY KEY, amount INTEGER, latest INTEGER, holder TEXT);
		WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
		INSERT INTO accounts SELECT i, ?, 0, 'holder number ' || i FROM n`, accounts, opening); err != nil {
		t.Fatal(err)
	}
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		pause := time.NewTicker(2 * time.Millisecond)
		defer pause.Stop()
		for {
			select {
			case <-stop:
				return
			case <-pause.C:
			}
			one := transfer{1 + rand.IntN(accounts), 1 + rand.IntN(accounts), 1 + rand.IntN(10)}
			b.mu.Lock()
			n := len(b.transfers)
			b.transfers = append(b.transfers, one)
			b.mu.Unlock()
			if err := one.move(db, n); err != nil {
				t.Errorf("transfer %d: %v", n, err)
				return
			}
		}
	}()
	t.Cleanup(func() {
		close(stop)
		<-stopped
		db.Close()
	})
	return b
}

// sheet is the table as it was after so many transfers.
func (b *bank) sheet(transfers int) []byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	amount, latest := make([]int, b.accounts+1), make([]int, b.accounts+1)
	for n, one := range b.transfers[:transfers+1] {
		amount[one.from] -= one.amount
		amount[one.to] += one.amount
		latest[one.from], latest[one.to] = n, n
	}
	out := bytes.NewBufferString("id,amount,latest,holder\r\n")
	for id := 1; id <= b.accounts; id++ {
		fmt.Fprintf(out, "%d,%d,%d,holder number %d\r\n", id, opening+amount[id], latest[id], id)
	}
	return out.Bytes()
}

// check wants a file that is the table as it was after some transfer.
func (b *bank) check(t *testing.T, file []byte) {
	t.Helper()
	rows, err := csv.NewReader(bytes.NewReader(file)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	sum, newest := 0, 0
	for _, row := range rows[1:] {
		amount, _ := strconv.Atoi(row[1])
		latest, _ := strconv.Atoi(row[2])
		sum, newest = sum+amount, max(newest, latest)
	}
	if sum != opening*b.accounts {
		t.Errorf("got %d in all, want %d: the file mixes states of the table", sum, opening*b.accounts)
	}
	if !bytes.Equal(file, b.sheet(newest)) {
		t.Errorf("the file is not the table as it was after transfer %d", newest)
	}
}

// A table is written to all the time while it is exported, and the server is
// killed again and again. The file is the one state that the first attempt saw.
func TestATableThatChangesIsExportedAsItWasWhateverHappens(t *testing.T) {
	t.Parallel()
	killsInTheMiddleOfATable(t, 40_000, 3, "500KB")
}

// killsInTheMiddleOfATable kills the server while it exports a table, at a pace at
// which there is some progress to be told between two kills.
func killsInTheMiddleOfATable(t *testing.T, accounts, kills int, pace string) {
	b := openBank(t, accounts)
	data := t.TempDir()
	s := start(t, "-data", data, "-source", "bank=sqlite:"+b.file, "-freeze", "1", "-checkpoint", "10ms", "-throttle", pace, "-attempts", "100")
	id := s.submit(spec("bank", "csv", `"table":"accounts"`)).text("id")
	path := "/jobs/" + id + "/events"
	for k := range kills {
		st := s.follow(path, "")
		starts := 0 // the stream begins with what was before
		for past := float64(k+1) / float64(kills+3); ; {
			e, err := st.next()
			if err != nil {
				t.Fatalf("the export ended before kill %d: %v", k+1, err)
			}
			if e.name == "started" {
				starts++
			}
			if starts > k && e.name == "progress" && e.json(t).number("fraction") > past {
				break
			}
		}
		s.kill()
		s.restart()
	}
	j := s.ready(id)
	if got := j.number("attempt"); got != float64(kills+1) {
		t.Errorf("got %v attempts, want %d", got, kills+1)
	}
	for _, e := range s.follow(path, "").rest() {
		if e.name == "warning" {
			t.Errorf("got the warning %s, want to go on without a word", e.data)
		}
	}
	_, file := s.call("GET", "/jobs/"+id+"/file", "")
	b.check(t, file)
	if took := strings.Count(string(file), "\n"); took != accounts+1 {
		t.Errorf("got %d lines, want %d", took, accounts+1)
	}
	s.kill()
	s.restart() // the start sweeps
	checkDisk(t, data, []string{id})
}
