//go:build long

package walk_test

import (
	"testing"
	"time"
)

func TestALargeCrowdMissesNothingInManyKills(t *testing.T) {
	t.Parallel()
	c := &crowd{t: t, followers: 600, kills: 20, calm: 2 * time.Second}
	c.run("-throttle=3000000")
}
