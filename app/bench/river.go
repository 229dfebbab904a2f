package bench

import (
	"context"
	"database/sql"
	"encoding/json"
	"log/slog"
	"sync"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
)

// number is a job of River's.
type number struct {
	N int64 `json:"n"`
}

// Kind implements [river.JobArgs].
func (number) Kind() string { return "number" }

type numberWorker struct {
	river.WorkerDefaults[number]
	told Told
}

// Work implements [river.Worker].
func (w *numberWorker) Work(_ context.Context, job *river.Job[number]) error {
	w.told.Started(job.Args.N)
	return nil
}

// rivers is a queue of River.
type rivers struct {
	client *river.Client[*sql.Tx]
	db     *sql.DB
	end    func() // of the subscription
	all    sync.WaitGroup
}

// openRiver has the client look for jobs as often as that, with that pause
// between two looks; 0 are River's defaults. On SQLite it is not told of new
// jobs.
func openRiver(poll, cooldown time.Duration) func(context.Context, string, Told) (Queue, error) {
	return func(ctx context.Context, path string, told Told) (Queue, error) {
		db, err := database(path)
		if err != nil {
			return nil, err
		}
		driver := riversqlite.New(db)
		quiet := slog.New(slog.DiscardHandler)
		migrator, err := rivermigrate.New(driver, &rivermigrate.Config{Logger: quiet})
		if err != nil {
			return nil, err
		}
		if _, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
			return nil, err
		}
		known := river.NewWorkers()
		river.AddWorker(known, &numberWorker{told: told})
		client, err := river.NewClient(driver, &river.Config{
			Queues: map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: workers}}, Workers: known,
			PollOnly: poll > 0, FetchPollInterval: poll, FetchCooldown: cooldown, Logger: quiet,
		})
		if err != nil {
			return nil, err
		}
		q := &rivers{client: client, db: db}
		done, end := client.SubscribeConfig(&river.SubscribeConfig{Kinds: []river.EventKind{river.EventKindJobCompleted}, ChanSize: 100_000})
		q.end = end
		q.all.Go(func() {
			for e := range done {
				var n number
				if json.Unmarshal(e.Job.EncodedArgs, &n) == nil {
					told.Finished(n.N)
				}
			}
		})
		return q, client.Start(context.WithoutCancel(ctx))
	}
}

// Submit implements [Queue].
func (q *rivers) Submit(ctx context.Context, n int64) error {
	_, err := q.client.Insert(ctx, number{n}, nil)
	return err
}

// Close implements [Queue].
func (q *rivers) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	err := q.client.Stop(ctx)
	q.end()
	q.all.Wait()
	if closed := q.db.Close(); err == nil {
		err = closed
	}
	return err
}
