package lately_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"example.org/carryout/jobs/source/lately"
)

func TestAnswersAtOnceAndKnowsLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := lately.Value[int]{Age: time.Minute, Find: func(ctx context.Context, publish func(int)) error {
			publish(1)
			time.Sleep(time.Second)
			publish(2)
			return nil
		}}
		defer v.Close()
		if got, known := v.Get(); known {
			t.Errorf("before anything was found: got %d, want nothing", got)
		}
		synctest.Wait()
		if got, _ := v.Get(); got != 1 {
			t.Errorf("in the middle: got %d, want 1", got)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if got, _ := v.Get(); got != 2 {
			t.Errorf("at the end: got %d, want 2", got)
		}
	})
}

func TestFindsAnewOnlyWhenOld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		found := 0
		v := lately.Value[int]{Age: time.Minute, Find: func(ctx context.Context, publish func(int)) error {
			found++
			publish(found)
			if found == 2 {
				return errors.New("not today")
			}
			time.Sleep(10 * time.Second) // so that it rests for 200
			return nil
		}}
		defer v.Close()
		for _, step := range []struct {
			after time.Duration
			found int
		}{{0, 1}, {5 * time.Second, 1}, {190 * time.Second, 1}, {20 * time.Second, 2}, {59 * time.Second, 2}, {2 * time.Second, 3}} {
			time.Sleep(step.after)
			v.Get()
			synctest.Wait()
			if found != step.found {
				t.Errorf("%v later: found %d times, want %d", step.after, found, step.found)
			}
		}
	})
}

func TestCloseEndsTheSearch(t *testing.T) {
	var ended bool
	began := make(chan struct{})
	v := lately.Value[int]{Find: func(ctx context.Context, publish func(int)) error {
		close(began)
		<-ctx.Done()
		ended = true
		return ctx.Err()
	}}
	v.Get()
	<-began
	v.Close()
	if !ended {
		t.Error("Close returned before the search had ended")
	}
	if got, known := v.Get(); known {
		t.Errorf("got %d, want nothing known", got)
	}
}
