package dispatch_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"bellhop"
	"bellhop/internal/dispatch"
	"bellhop/internal/event"
)

// docs/contract/extensions.md section 3: the id is the delivery's in all attempts, the time is that of the attempt, and
// so is the end of a rotation.
//
// Contract: delivery.md 6: Every attempt sends the same body
// Contract: extensions.md Signatures: webhook-id is the delivery
// Contract: services.md 4: A changed secret signs every attempt
func TestEachAttemptIsSigned(t *testing.T) {
	inWorld(t, "as of its own time", func(t *testing.T, w *world) {
		w.answer = func(a *arrival) reply {
			if a.first {
				return reply{status: 503}
			}
			return reply{status: 200}
		}
		w.begin()
		until := bellhop.TimeOf(time.Now()).Add(5 * time.Second) // the second attempt is after 10 s
		signing := event.Signing{Secret: "new", Previous: "old", PreviousUntil: until}
		w.publish(w.service(func(t *dispatch.Target) { t.Signer = event.NewSigner(signing) }), "k")
		w.sleep(time.Minute)

		seen, records := w.seen(), w.attempts(0)
		if len(seen) != 2 || len(records) != 2 {
			t.Fatalf("%d attempts and %d records, want 2", len(seen), len(records))
		}
		for i, signatures := range []int{2, 1} {
			request := seen[i].request
			want := map[string][]string{}
			event.NewSigner(signing).AddTo(want, w.sent[0].ID.String(), bellhop.TimeOf(seen[i].at), request.Body)
			for name := range want {
				if got := request.Header.Get(name); got != want[name][0] || records[i].RequestHeaders.Get(name) != got {
					t.Errorf("attempt %d has %s = %q, and %q in its record, want %q", i+1, name, got, records[i].RequestHeaders.Get(name), want[name][0])
				}
			}
			if got := request.Header.Get("Webhook-Timestamp"); got != strconv.FormatInt(seen[i].at.Unix(), 10) {
				t.Errorf("attempt %d at %d has the time %s", i+1, seen[i].at.Unix(), got)
			}
			if got := request.Header.Get("Webhook-Signature"); strings.Count(got, "v1,") != signatures {
				t.Errorf("attempt %d has Webhook-Signature %q, want %d signatures", i+1, got, signatures)
			}
		}
	})
}
