package bench

import (
	"context"
	"database/sql"
	"strconv"
	"sync"
	"time"

	"maragu.dev/goqite"
)

// qite is a queue of goqite.
type qite struct {
	*goqite.Queue
	db   *sql.DB
	stop context.CancelFunc
	all  sync.WaitGroup
}

// openGoqite has workers look for a message as often as that. Tuned ones look
// at once after each that they have had; the runner of goqite never does.
func openGoqite(poll time.Duration) func(context.Context, string, Told) (Queue, error) {
	return func(ctx context.Context, path string, told Told) (Queue, error) {
		db, err := database(path)
		if err != nil {
			return nil, err
		}
		if err := goqite.Setup(ctx, db); err != nil {
			return nil, err
		}
		ctx, stop := context.WithCancel(ctx)
		q := &qite{Queue: goqite.New(goqite.NewOpts{DB: db, Name: "jobs", Timeout: time.Minute}), db: db, stop: stop}
		for range workers {
			q.all.Go(func() { q.work(ctx, poll, told) })
		}
		return q, nil
	}
}

func (q *qite) work(ctx context.Context, poll time.Duration, told Told) {
	tuned := poll < 10*time.Millisecond
	for {
		var m *goqite.Message
		var err error
		if tuned {
			m, err = q.Receive(ctx)
		}
		if m == nil && err == nil {
			m, err = q.ReceiveAndWait(ctx, poll)
		}
		if err != nil {
			return // stopped
		}
		n, err := strconv.ParseInt(string(m.Body), 10, 64)
		if err != nil {
			return
		}
		told.Started(n)
		if err := q.Delete(context.WithoutCancel(ctx), m.ID); err != nil {
			return
		}
		told.Finished(n)
	}
}

// Submit implements [Queue].
func (q *qite) Submit(ctx context.Context, n int64) error {
	return q.Send(ctx, goqite.Message{Body: strconv.AppendInt(nil, n, 10)})
}

// Close implements [Queue].
func (q *qite) Close() error {
	q.stop()
	q.all.Wait()
	return q.db.Close()
}
