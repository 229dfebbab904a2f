package sqlite

import (
	"context"
	"database/sql"
	"fmt"

	"example.org/carryout/jobs/store"
)

const (
	// The newest message is never removed, so this is the newest ever kept.
	selectLastMessage = `SELECT ifnull(max(seq), 0) FROM messages`

	selectMessages = `SELECT seq, name, data FROM messages WHERE seq > ? ORDER BY seq LIMIT ?`
)

// Keep implements [store.Press].
func (s *Store) Keep(ctx context.Context, messages []store.Message) error {
	if len(messages) == 0 {
		return nil
	}
	return s.write(ctx, "keeping messages", func(t *tx) error {
		last := t.batch.message
		for _, m := range messages {
			if m.Seq <= last {
				return fmt.Errorf("message %d comes after message %d", m.Seq, last)
			}
			last = m.Seq
		}
		t.messages = messages
		// Finding the oldest to keep means to walk over all that are kept, so
		// it is done only now and then.
		kept := s.options.Messages
		if often := int64(kept/16 + 1); t.batch.message/often != last/often {
			t.forget = kept
		}
		return nil
	})
}

// Messages implements [store.Press].
func (s *Store) Messages(ctx context.Context, after int64, n int) (messages []store.Message, err error) {
	err = s.read(ctx, "reading messages", func(t *sql.Tx) error {
		rows, err := t.QueryContext(ctx, selectMessages, after, max(n, 0))
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var m store.Message
			if err := rows.Scan(&m.Seq, &m.Name, &m.Data); err != nil {
				return err
			}
			messages = append(messages, m)
		}
		return rows.Err()
	})
	return messages, err
}

// LastMessage implements [store.Press].
func (s *Store) LastMessage(ctx context.Context) (n int64, err error) {
	err = s.read(ctx, "reading messages", func(t *sql.Tx) error {
		return t.QueryRowContext(ctx, selectLastMessage).Scan(&n)
	})
	return n, err
}
