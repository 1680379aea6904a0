package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"bellhop/internal/event"
)

// crashReceiver is the endpoint of all webhooks of the test. It checks the signature of
// what comes, notes it, and answers; contacts' messages it answers with a message.
type crashReceiver struct {
	ledger *crashLedger
	server *http.Server
	url    string
	served chan error

	slow      atomic.Int64 // nanoseconds that an answer takes
	failUntil atomic.Int64 // nanoseconds since 1970 until which some events are failed
	ahead     atomic.Int64 // nanoseconds that the server's clock is ahead
	trap      atomic.Pointer[crashTrap]
}

const (
	crashSecret = "selftest secret"
	// failEvery is how many events there are for one that is failed once.
	failEvery = 150
)

func newCrashReceiver(ledger *crashLedger) (*crashReceiver, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	r := &crashReceiver{
		ledger: ledger,
		url:    "http://" + listener.Addr().String(), served: make(chan error, 1),
	}
	r.server = &http.Server{
		Handler: r,
		// The connection tells which run of the server has sent what, also when that is
		// read only after its end.
		ConnContext: func(ctx context.Context, conn net.Conn) context.Context {
			var from netip.Addr
			if tcp, ok := conn.RemoteAddr().(*net.TCPAddr); ok {
				from = tcp.AddrPort().Addr().Unmap()
			}
			return context.WithValue(ctx, lifeOf{}, ledger.life(from))
		},
	}
	go func() { r.served <- r.server.Serve(listener) }()
	return r, nil
}

type lifeOf struct{}

func (r *crashReceiver) close() error {
	err := r.server.Close()
	if served := <-r.served; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}

func (r *crashReceiver) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	if q.Method == http.MethodGet {
		_, _ = io.WriteString(w, q.URL.Query().Get("challenge"))
		return
	}
	body, err := io.ReadAll(io.LimitReader(q.Body, 1<<20))
	if err != nil {
		// The server was killed while it sent this: what did not come whole did not come.
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	started := time.Now()
	if event.Sign(crashSecret, body) != q.Header.Get("X-Hub-Signature") {
		r.ledger.strange("a delivery came with a wrong signature")
	}
	switch kind, group, _ := strings.Cut(q.URL.Path[1:], "/"); kind {
	case "all":
		r.take(w, q, body, crashAll, group, started)
	case "some":
		r.take(w, q, body, crashSome, group, started)
	default:
		r.reply(w, q, body)
	}
}

// take notes the delivery of a published event.
func (r *crashReceiver) take(w http.ResponseWriter, q *http.Request, body []byte, hook int, group string, started time.Time) {
	var envelope struct{ Data struct{ Number int } }
	if err := json.Unmarshal(body, &envelope); err != nil {
		r.ledger.strange("a delivery came that is not JSON")
	}
	attempt, _ := strconv.Atoi(q.Header.Get("X-Delivery-Attempt"))
	life, _ := q.Context().Value(lifeOf{}).(int)
	a := r.ledger.arrived(envelope.Data.Number, &crashArrival{
		hook: hook, delivery: q.Header.Get("X-Delivery-Id"), attempt: attempt, life: life,
		started: started, ahead: r.ledger.ahead(life) + time.Duration(r.ahead.Load()),
	})
	if a == nil || strconv.Itoa(a.event.group) != group {
		r.ledger.strange("a delivery came of an event that nobody published there")
		return
	}
	if trap := r.trap.Load(); trap.holds(life) {
		if trap.wait(q.Context(), a) {
			r.ledger.set(func() { a.trapped = true })
			w.WriteHeader(http.StatusGone)
			_ = http.NewResponseController(w).Flush()
			r.ledger.done(a)
		}
		return
	}
	r.dawdle(q.Context())
	if hook == crashSome && a.event.number%failEvery == 7 && started.UnixNano() < r.failUntil.Load() && r.ledger.fail(a) {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_ = http.NewResponseController(w).Flush() // what is answered is answered now
	r.ledger.done(a)
}

// dawdle takes as long as the receiver shall take just now.
func (r *crashReceiver) dawdle(ctx context.Context) {
	slow := time.Duration(r.slow.Load())
	if slow == 0 {
		return
	}
	select {
	case <-time.After(slow):
	case <-ctx.Done():
	}
}

// reply answers a contact's message with one of the bot.
func (r *crashReceiver) reply(w http.ResponseWriter, q *http.Request, body []byte) {
	var envelope struct {
		Data struct{ Message struct{ Role, Text string } }
	}
	if err := json.Unmarshal(body, &envelope); err != nil {
		r.ledger.strange("a delivery came that is not JSON")
	}
	m := envelope.Data.Message
	if m.Role != "contact" {
		return
	}
	life, _ := q.Context().Value(lifeOf{}).(int)
	if trap := r.trap.Load(); trap.holds(life) && !trap.wait(q.Context(), nil) {
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"messages": []any{map[string]any{"text": crashAnswer + m.Text, "role": "agent"}}})
}

// crashAnswer is how the answer to a contact's message begins.
const crashAnswer = "re "
