package feed_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"example.org/carryout/jobs"
	"example.org/carryout/jobs/store"
)

// What a burst has taken is given back.
func TestABurstLeavesNoMemoryBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := serve(t, &press{})
		owner := strings.Repeat("o", 1000)
		tell := func(n int) {
			all := make([]store.Change, n)
			for i := range all {
				all[i].Job = &jobs.Job{ID: jobs.ID(fmt.Sprintf("%026d", i)), Owner: owner, State: jobs.Ready}
			}
			f.Commit(all)
			time.Sleep(3 * time.Second) // told by then
		}
		tell(1)
		before := heap()
		tell(20_000)
		tell(1)
		tell(1)
		if after := heap(); after > before+10<<20 {
			t.Errorf("got %d KiB in use after a burst, want little more than the %d KiB before it", after>>10, before>>10)
		}
		runtime.KeepAlive(f)
	})
}

// heap is how many bytes are in use.
func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
