package stats

import (
	"testing"
	"time"

	"bellhop"
	"bellhop/internal/account"
)

// What was counted is there, stored or not; what is older than an hour, of others, or not to be read is not.
func TestLastHour(t *testing.T) {
	inRoom(t, func(t *testing.T, r *room) {
		time.Sleep(2 * time.Hour)
		now := bellhop.TimeOf(time.Now())
		r.count(now-60*minute, true, time.Second, 50)
		r.count(now-59*minute, true, time.Second, 1)
		r.count(now-55*minute, false, time.Second, 2)
		if err := r.flush(t.Context(), ""); err != nil {
			t.Fatal(err)
		}
		r.count(now-55*minute, true, time.Second, 3)
		r.count(now, true, time.Second, 4)
		r.Count("64b0f1a2c3d4e5f607182951", now, true, time.Second) // of a service that is gone

		services := []bellhop.ID{r.service, "64b0f1a2c3d4e5f607182951"}
		hours, err := r.LastHour(t.Context(), account.System(), services)
		if err != nil || len(hours) != 1 {
			t.Fatalf("hours %v, %v, want one", hours, err)
		}
		var want Hour
		want.Delivered[0], want.Delivered[11], want.Failed[0] = 4, 4, 2
		if got := *hours[r.service]; got != want {
			t.Errorf("hour %+v, want %+v", got, want)
		}
		if len(r.cells) == 0 {
			t.Error("a read has written")
		}
		hours, err = r.LastHour(t.Context(), &account.Caller{}, services)
		if err != nil || len(hours) != 0 {
			t.Errorf("somebody without rights sees %v, %v", hours, err)
		}
	})
}
