//go:build !race

package main_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"time"
)

const crashes = 12

// acked is what the server has answered 2xx and so must not lose.
type acked struct {
	mu     sync.Mutex
	events []string // ids
	doomed int      // how many events that the broken endpoint refuses
	texts  []string // of messages
}

// TestCrashes kills the server again and again under load. Whatever it has answered 2xx must reach its receiver,
// messages in answers must be posted exactly once, and a delivery that was given up must be told of.
//
// Contract: delivery.md Messages in the answer: Only one successful attempt
// Contract: delivery.md 6: Delivery is at least once
func TestCrashes(t *testing.T) {
	bin := bellhop(t)
	t.Parallel()
	s := newServer(t, bin)
	s.flags = []string{"--loop-limit", "0"} // answers that were held up come when nobody else speaks any more
	admin := s.login()
	bot := admin.newBot("Echo")
	receiver := newReceiver(t, func(path string, n notification) (int, any) {
		switch {
		case path == "/broken":
			return http.StatusNotFound, nil
		case n.Event == contactChat && n.Data.Message.Role == "contact":
			return http.StatusOK, object{"token": bot.Token,
				"messages": []object{{"text": "re " + n.Data.Message.Text, "role": "agent"}}}
		}
		return http.StatusOK, nil
	})
	admin.newWebhook("whole", object{"url": receiver.URL, "events": []string{"load.**", contactChat, "service.error"}})
	broken := admin.newWebhook("broken", object{"url": receiver.URL + "/broken", "events": []string{"doomed.**"}})
	conversation := admin.newConversation("Jenny", "hello")

	began := time.Now()
	var acked acked
	stop := acked.load(admin, conversation)
	for range crashes {
		before := acked.count()
		<-time.After(time.Duration(50+rand.IntN(450)) * time.Millisecond)
		eventually(t, "a slow machine has accepted something", func() bool { return acked.count() > before })
		s.kill()
		s.start()
	}
	eventually(t, "there was some of everything", acked.isLoad)
	stop()
	t.Logf("%d events, %d of them doomed, and %d messages were answered 2xx through %d crashes in %v",
		len(acked.events), acked.doomed, len(acked.texts), crashes, time.Since(began).Round(time.Millisecond))
	admin.settled()
	t.Logf("the receiver got %d requests", receiver.total())
	for _, id := range acked.events {
		if !receiver.got(id) {
			t.Errorf("event %s was answered 2xx and never arrived", id)
		}
	}
	answers := make(map[string]int)
	for _, m := range admin.messages(conversation) {
		answers[m.Text]++
	}
	for _, text := range acked.texts {
		if n := answers["re "+text]; n != 1 {
			t.Errorf("the answer to %q was posted %d times, want once", text, n)
		}
	}
	for text, n := range answers {
		if n > 1 {
			t.Errorf("message %q is there %d times, want once", text, n)
		}
	}
	for _, d := range admin.deliveries(broken.ID) {
		if d.Status != "dead" || d.LastStatus != http.StatusNotFound {
			t.Errorf("delivery %+v, want dead of a 404", d)
		}
	}
	eventually(t, "service.error tells of the broken endpoint", func() bool { return receiver.different("service.error") > 0 })
	if n, most := receiver.different("service.error"), 1+int(time.Since(began)/time.Minute); n > most {
		t.Errorf("service.error was fired %d times, want at most %d: one a minute", n, most)
	}
}

// count returns how many events were accepted.
func (k *acked) count() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.events)
}

// isLoad reports whether some of everything was accepted.
func (k *acked) isLoad() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.events) > k.doomed && k.doomed > 0 && len(k.texts) > 0
}

// load publishes events and posts messages until it is told to stop. Nothing is repeated: whatever a crash swallowed
// before it was answered may be lost.
func (k *acked) load(admin api, conversation string) (stop func()) {
	ctx, cancel := context.WithCancel(admin.t.Context())
	var group sync.WaitGroup
	every := func(pause time.Duration, f func(i int)) {
		group.Go(func() {
			ticker := time.NewTicker(pause)
			defer ticker.Stop()
			for i := 0; ; i++ {
				select {
				case <-ticker.C:
					f(i)
				case <-ctx.Done():
					return
				}
			}
		})
	}
	for worker := range 4 {
		every(4*time.Millisecond, func(i int) {
			event := object{"event": "load.made", "key": fmt.Sprintf("key-%d", i%10), "data": object{"worker": worker, "i": i}}
			if id := publish(ctx, admin, event); id != "" {
				k.mu.Lock()
				defer k.mu.Unlock()
				k.events = append(k.events, id)
			}
		})
	}
	every(25*time.Millisecond, func(i int) {
		if id := publish(ctx, admin, object{"event": "doomed.made", "data": object{"i": i}}); id != "" {
			k.mu.Lock()
			defer k.mu.Unlock()
			k.events = append(k.events, id)
			k.doomed++
		}
	})
	every(15*time.Millisecond, func(i int) {
		text := fmt.Sprintf("message %d", i)
		status, _, err := admin.call(ctx, "POST", "/v2/conversations/"+conversation+"/messages", object{"text": text, "role": "contact"})
		if err == nil && status == http.StatusCreated {
			k.mu.Lock()
			defer k.mu.Unlock()
			k.texts = append(k.texts, text)
		}
	})
	return func() {
		cancel()
		group.Wait()
	}
}

// publish returns the id of the event if it was answered 202, and otherwise nothing.
func publish(ctx context.Context, a api, event object) string {
	status, answer, err := a.call(ctx, "POST", "/v2/events", event)
	if err != nil || status != http.StatusAccepted {
		return ""
	}
	var published struct{ ID string }
	if json.Unmarshal(answer, &published) != nil {
		return ""
	}
	return published.ID
}
