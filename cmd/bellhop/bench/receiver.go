package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// The paths of a receiver's endpoints.
const (
	healthyPath = "/"
	slowPath    = "/slow"
)

var (
	okBody   = []byte(`{"status":"ok"}`)
	okLength = []string{strconv.Itoa(len(okBody))}
)

// receiver is the other end of webhooks: one endpoint that answers at once and counts, and one that takes its time.
type receiver struct {
	slow time.Duration // how long the slow endpoint takes
	pool sync.Pool     // of *[]byte

	mu      sync.Mutex
	tally   tally
	seen    []int64 // by number of the event: when it came first, in microseconds, or 0
	repeats []repeat
	delays  []int64 // of the first arrivals, in microseconds
}

// tally is what has come to the endpoint that answers at once, since it was last set to zero.
type tally struct {
	Arrived     int   // different events
	Requests    int   // with repeats and what is not of this benchmark
	Last        int64 // when the last event came that was not there yet, in microseconds
	Unknown     int   // requests without the number of an event
	Repeated    int
	Unaccounted int // numbers that were never sent
}

// repeat is an event that came again.
type repeat struct {
	Seq   int64
	First int64 // when it came first, in microseconds
}

// details are what a tally leaves out.
type details struct {
	Repeats []repeat
	Delays  []int64
}

// playReceiver receives until ctx or the input ends.
func playReceiver(ctx context.Context, in io.Reader, out io.Writer, slow time.Duration) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	r := &receiver{slow: slow}
	return serveRole(ctx, in, out, l, r, actions{
		"reset":   action(func(context.Context, nothing) (any, error) { return r.reset(), nil }),
		"tally":   action(func(context.Context, nothing) (any, error) { return r.count(), nil }),
		"details": action(func(context.Context, nothing) (any, error) { return r.details(), nil }),
		"missing": action(func(_ context.Context, until int64) (any, error) { return r.missing(until), nil }),
	})
}

// serveRole serves HTTP on l and does what it is told, until ctx or the input ends.
func serveRole(ctx context.Context, in io.Reader, out io.Writer, l net.Listener, h http.Handler, known actions) error {
	s := &http.Server{Handler: h, ReadHeaderTimeout: time.Minute}
	var g errgroup.Group
	g.Go(func() error {
		if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("serve: %w", err)
		}
		return nil
	})
	return errors.Join(obey(ctx, in, out, hello{URL: "http://" + l.Addr().String()}, known), s.Close(), g.Wait())
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if req.Method == http.MethodGet {
		io.WriteString(w, req.URL.Query().Get("challenge"))
		return
	}
	buf, _ := r.pool.Get().(*[]byte)
	if buf == nil {
		buf = new([]byte)
	}
	defer r.pool.Put(buf)
	body, err := readBody(req, *buf)
	*buf = body
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if req.URL.Path == slowPath {
		select {
		case <-req.Context().Done():
		case <-time.After(r.slow):
		}
	} else {
		r.arrived(body, time.Now().UnixMicro())
	}
	h := w.Header()
	h["Content-Type"], h["Content-Length"] = jsonType, okLength
	w.Write(okBody)
}

// readBody reads a body of known length into b, which is made larger if need be.
func readBody(req *http.Request, b []byte) ([]byte, error) {
	if req.ContentLength < 0 || req.ContentLength > 1<<20 {
		return b, errors.New("the body has no length, or too much of it")
	}
	b = slices.Grow(b[:0], int(req.ContentLength))[:req.ContentLength]
	_, err := io.ReadFull(req.Body, b)
	return b, err
}

// maxEvents is a bound on numbers: more than any benchmark sends before it sets the receiver to zero.
const maxEvents = 50_000_000

func (r *receiver) arrived(body []byte, now int64) {
	seq, sent, ok := readEvent(body)
	i := seq - firstSeq
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tally.Requests++
	switch {
	case !ok:
		r.tally.Unknown++
		return
	case i < 0 || i >= maxEvents:
		r.tally.Unaccounted++
		return
	}
	if int(i) >= len(r.seen) {
		r.seen = append(r.seen, make([]int64, int(i)+1-len(r.seen))...)
	}
	if r.seen[i] != 0 {
		r.tally.Repeated++
		r.repeats = append(r.repeats, repeat{seq, r.seen[i]})
		return
	}
	r.seen[i] = now
	r.delays = append(r.delays, now-sent)
	r.tally.Arrived++
	r.tally.Last = now
}

func (r *receiver) reset() nothing {
	r.mu.Lock()
	defer r.mu.Unlock()
	clear(r.seen)
	r.tally, r.seen, r.repeats, r.delays = tally{}, r.seen[:0], nil, r.delays[:0]
	return nothing{}
}

func (r *receiver) count() tally {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.tally
}

func (r *receiver) details() details {
	r.mu.Lock()
	defer r.mu.Unlock()
	return details{slices.Clone(r.repeats), slices.Clone(r.delays)}
}

// missing returns the events before `until` that have not come.
func (r *receiver) missing(until int64) []int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	missing := []int64{}
	for seq := int64(firstSeq); seq < until; seq++ {
		if i := int(seq - firstSeq); i >= len(r.seen) || r.seen[i] == 0 {
			missing = append(missing, seq)
		}
	}
	return missing
}
