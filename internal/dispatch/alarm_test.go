package dispatch

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestAlarm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var a alarm
		var rung []time.Duration
		start := time.Now()
		ring := func() {
			mu.Lock()
			defer mu.Unlock()
			if a.rang() {
				rung = append(rung, time.Since(start))
			}
		}
		set := func(after time.Duration) {
			mu.Lock()
			defer mu.Unlock()
			a.set(start.Add(after), ring)
		}
		set(3 * time.Second)
		set(5 * time.Second) // later: it stays
		time.Sleep(4 * time.Second)
		set(9 * time.Second)
		set(6 * time.Second) // earlier
		time.Sleep(6 * time.Second)
		set(0) // over already
		time.Sleep(time.Second)
		set(15 * time.Second)
		mu.Lock()
		a.off()
		a.off()
		if a.isSet() {
			t.Error("it is set after off")
		}
		mu.Unlock()
		time.Sleep(10 * time.Second)
		synctest.Wait()
		mu.Lock()
		defer mu.Unlock()
		want := []time.Duration{3 * time.Second, 6 * time.Second, 10 * time.Second}
		if len(rung) != len(want) {
			t.Fatalf("it rang at %v, want %v", rung, want)
		}
		for i := range want {
			if rung[i] != want[i] {
				t.Errorf("it rang at %v, want %v", rung[i], want[i])
			}
		}
	})
}

// An alarm that is turned off, or set to a later time, in the very moment in which it rings says
// that it has not.
func TestAlarmInTheVeryMoment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, again := range []bool{false, true} {
			var mu sync.Mutex
			var a alarm
			rung := 0
			ring := func() {
				mu.Lock()
				defer mu.Unlock()
				if a.rang() {
					rung++
				}
			}
			mu.Lock()
			a.set(time.Now().Add(time.Second), ring)
			time.Sleep(time.Second)
			// ring waits for the lock now.
			a.off()
			if again {
				a.set(time.Now().Add(time.Second), ring)
			}
			mu.Unlock()
			want := func(n int) {
				synctest.Wait()
				mu.Lock()
				defer mu.Unlock()
				if rung != n {
					t.Errorf("it rang %d times, want %d", rung, n)
				}
			}
			time.Sleep(500 * time.Millisecond)
			want(0)
			time.Sleep(time.Second)
			want(map[bool]int{true: 1}[again])
		}
	})
}
