package web

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"
)

// exchange is one request and its answer, as the edge sees them. It is the
// ResponseWriter of all handlers, which notes what they answer.
type exchange struct {
	http.ResponseWriter
	id      string
	log     *slog.Logger
	outage  *outage
	start   time.Time
	status  int // of the answer; 0 until its head is written
	bytes   int // of the answer's body
	buffers *sync.Pool
	borrow  *[]byte // what ReadBody returned a part of
	watch   []func(Answer)
	proxies proxies
	quiet   bool // see Quiet
}

type exchangeKey struct{}

// exchangeOf returns the exchange that r belongs to. Outside of Wrap that is one that logs
// nowhere.
func exchangeOf(r *http.Request) *exchange {
	if x, ok := r.Context().Value(exchangeKey{}).(*exchange); ok {
		return x
	}
	log := slog.New(slog.DiscardHandler)
	return &exchange{log: log, outage: newOutage(log)}
}

// Quiet keeps a request out of the log, whatever it is answered, as one that went well: it is for what anybody may ask as
// often as he likes, and whose failures are those of somebody else, or told of by somebody else. Faults of ours are
// logged all the same, but not that the server cannot serve now (503).
func Quiet(r *http.Request) { exchangeOf(r).quiet = true }

// RequestID returns the id of the request that ctx is of, "" if it is of none. It is the
// header X-Request-Id of the answer and the attribute "request" of our log.
func RequestID(ctx context.Context) string {
	if x, ok := ctx.Value(exchangeKey{}).(*exchange); ok {
		return x.id
	}
	return ""
}

// newRequestID returns 16 hex digits: enough to find one request in a log.
func newRequestID() string {
	var id [8]byte
	binary.BigEndian.PutUint64(id[:], rand.Uint64())
	return hex.EncodeToString(id[:])
}

// WriteHeader notes the status of the final answer.
func (x *exchange) WriteHeader(status int) {
	if x.status == 0 && (status >= 200 || status == http.StatusSwitchingProtocols) {
		x.status = status
	}
	x.ResponseWriter.WriteHeader(status)
}

func (x *exchange) Write(b []byte) (int, error) {
	if x.status == 0 {
		x.status = http.StatusOK
	}
	n, err := x.ResponseWriter.Write(b)
	x.bytes += n
	return n, err
}

// Unwrap lets http.ResponseController reach what is underneath.
func (x *exchange) Unwrap() http.ResponseWriter { return x.ResponseWriter }
