package bench

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// job is what a sender is told to send: until Duration is over or Events are sent, whichever is first.
type job struct {
	URL         string
	Others      []string // URLs of more nodes, which the connections are spread over together with the first
	Token       string
	Sign        bool
	Connections int
	Batch       int           // events in a request, as an array if it is more than one
	Events      int           // how many at most, 0 for no bound
	Duration    time.Duration // how long at most, 0 for no bound
	Rate        float64       // requests a second, whether or not they are answered; 0 is one after the other on each connection
	Service     int           // the first service that events are for
	Services    int           // how many there are from it on, which get one event in turn; 0 counts as 1
	Orgs        []string      // to which the services belong in turn; none: to the publisher's own
	Small       bool          // the events have next to no data
}

// sent is what came of a job.
type sent struct {
	Began, Ended int64          // microseconds
	Next         int64          // the events from firstSeq up to before this were sent
	Failed       []int64        // those of them that were not acknowledged: the whole request failed
	Statuses     map[string]int // of the answers
	Pushed       int            // how often the server asked to come again later; those requests were repeated
	Error        string         // the first failure
}

// Acknowledged returns how many events were answered 2xx.
func (s *sent) Acknowledged() int { return int(s.Next-firstSeq) - len(s.Failed) }

// sending is a job under way.
type sending struct {
	job
	deadline time.Time
	next     atomic.Int64
	stopped  atomic.Bool

	mu   sync.Mutex
	sent sent
}

// playSender sends what it is told to.
func playSender(ctx context.Context, in io.Reader, out io.Writer) error {
	return obey(ctx, in, out, hello{}, actions{
		"send": action(func(ctx context.Context, j job) (any, error) { return send(ctx, j) }),
	})
}

func send(ctx context.Context, j job) (*sent, error) {
	s := &sending{job: j}
	s.Services = max(1, s.Services)
	s.next.Store(firstSeq)
	s.sent.Statuses = make(map[string]int)
	transport := newTransport(j.Connections)
	defer transport.CloseIdleConnections()
	began := time.Now()
	if j.Duration > 0 {
		s.deadline = began.Add(j.Duration)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var turns chan struct{}
	var group sync.WaitGroup
	if j.Rate > 0 {
		turns = make(chan struct{}, j.Connections)
		group.Go(func() { s.pace(ctx, turns) })
	}
	urls := append([]string{j.URL}, j.Others...)
	for i := range j.Connections {
		p, err := newPoster(ctx, transport, urls[i%len(urls)], j.Token, j.Sign)
		if err != nil {
			return nil, err
		}
		group.Go(func() { s.work(ctx, p, turns) })
	}
	group.Wait()
	s.sent.Began, s.sent.Ended, s.sent.Next = began.UnixMicro(), time.Now().UnixMicro(), s.next.Load()
	return &s.sent, ctx.Err()
}

// pace gives a turn Rate times a second. It does not wait for answers until all connections are taken.
func (s *sending) pace(ctx context.Context, turns chan<- struct{}) {
	defer close(turns)
	ticker := time.NewTicker(time.Duration(float64(time.Second) / s.Rate))
	defer ticker.Stop()
	for !s.over() {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		select {
		case <-ctx.Done():
			return
		case turns <- struct{}{}:
		}
	}
}

func (s *sending) over() bool {
	return s.stopped.Load() || !s.deadline.IsZero() && !time.Now().Before(s.deadline)
}

// work sends one request after the other, or one a turn. It ends at the first one that fails.
func (s *sending) work(ctx context.Context, p *poster, turns <-chan struct{}) {
	var body []byte
	counts := make(map[int]int)
	defer s.add(counts)
	for {
		if turns != nil {
			if _, ok := <-turns; !ok {
				return
			}
		} else if s.over() {
			return
		}
		first, n := s.take()
		if n == 0 {
			s.stopped.Store(true)
			if turns == nil {
				return
			}
			continue // until pace has seen it
		}
		body = s.render(body[:0], first, n)
		if err := s.deliver(ctx, p, body, counts); err != nil {
			s.failed(first, n, err)
			if turns == nil {
				return
			}
		}
	}
}

// take returns the numbers of the next events.
func (s *sending) take() (first int64, n int) {
	n = s.Batch
	for {
		first = s.next.Load()
		if s.Events > 0 {
			n = min(n, firstSeq+s.Events-int(first))
		}
		if n <= 0 {
			return 0, 0
		}
		if s.next.CompareAndSwap(first, first+int64(n)) {
			return first, n
		}
	}
}

func (s *sending) render(b []byte, first int64, n int) []byte {
	now := time.Now().UnixMicro()
	if s.Batch > 1 {
		b = append(b, '[')
	}
	for i := range n {
		if i > 0 {
			b = append(b, ',')
		}
		seq := first + int64(i)
		service := s.Service + int((seq-firstSeq)%int64(s.Services))
		organization := ""
		if len(s.Orgs) > 0 {
			organization = s.Orgs[service%len(s.Orgs)]
		}
		b = appendEvent(b, organization, service, seq, now, s.Small)
	}
	if s.Batch > 1 {
		b = append(b, ']')
	}
	return b
}

// deliver posts body until it is acknowledged: a server that asks to come again later is obeyed.
func (s *sending) deliver(ctx context.Context, p *poster, body []byte, counts map[int]int) error {
	for {
		status, wait, text, err := p.post(body)
		if err != nil {
			return err
		}
		counts[status]++
		switch {
		case status/100 == 2:
			return nil
		case wait == "":
			return fmt.Errorf("status %d: %s", status, text)
		}
		seconds, err := strconv.Atoi(wait)
		if err != nil {
			return fmt.Errorf("status %d with Retry-After: %s", status, wait)
		}
		s.mu.Lock()
		s.sent.Pushed++
		s.mu.Unlock()
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Duration(seconds) * time.Second):
		}
	}
}

func (s *sending) failed(first int64, n int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sent.Error == "" {
		s.sent.Error = err.Error()
	}
	for i := range n {
		s.sent.Failed = append(s.sent.Failed, first+int64(i))
	}
}

func (s *sending) add(counts map[int]int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for status, n := range counts {
		s.sent.Statuses[strconv.Itoa(status)] += n
	}
}
