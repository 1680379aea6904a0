package chipchat

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// Whatever comes in whatever order, with repeats, is handled once, alone in its conversation, and in its order where
// all of it comes within the time that a gap is waited for.
func TestOrderOfRandomArrivals(t *testing.T) {
	for seed := range uint64(20) {
		synctest.Test(t, func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 1))
			b := newBot(t, answers(500), func(o *Options) {
				o.Dedupe, o.Order = NewMemoryDedupe(0, 0), &Order{Gap: 2 * time.Second}
			})
			var pauses [21]time.Duration
			for n := range pauses {
				pauses[n] = time.Duration(random.IntN(50)) * time.Millisecond
			}
			var mu sync.Mutex
			var handled []int
			busy := false
			b.On("message.create.*.*", func(_ context.Context, m *Message, _ *Conversation) error {
				mu.Lock()
				n, err := strconv.Atoi(m.Text)
				if busy || err != nil {
					t.Errorf("seed %d: %s began beside another one", seed, m.Text)
				}
				busy, handled = true, append(handled, n)
				mu.Unlock()
				time.Sleep(pauses[n])
				mu.Lock()
				defer mu.Unlock()
				busy = false
				return nil
			})
			post(b, deliveryOf(t, 1), "") // what follows can be missed
			var posts sync.WaitGroup
			var want []int
			for n := 1; n <= 20; n++ {
				want = append(want, n)
				body := deliveryOf(t, n)
				for range 1 + random.IntN(2) {
					delay := time.Duration(random.IntN(900)) * time.Millisecond
					posts.Go(func() {
						time.Sleep(delay)
						if w := post(b, body, ""); w.Code != 200 {
							t.Errorf("seed %d: POST %d = %d %s", seed, n, w.Code, w.Body)
						}
					})
				}
			}
			posts.Wait()
			if !slices.Equal(handled, want) {
				t.Errorf("seed %d: handled %v", seed, handled)
			}
			for key, l := range b.orders.byKey {
				if state := fmt.Sprint(len(l.waiting), l.going, len(l.come), len(l.missed)); state != "0 <nil> 0 0" {
					t.Errorf("seed %d: %s is left as %s", seed, key, state)
				}
			}
		})
	}
}
