package web

import (
	"net/http"
	"strings"
	"time"
)

// writePatience is how long a client may take to accept what a stream has for him.
const writePatience = 10 * time.Second

// EventStream is an answer of server-sent events, which lasts until its handler returns.
type EventStream struct {
	w  http.ResponseWriter
	rc *http.ResponseController
	b  []byte
}

// NewEventStream begins an answer of server-sent events: the deadline of requests does not
// hold for it, but a client who does not take what is sent within 10 s is cut off. A
// handler of one has to return when Ending says so.
func NewEventStream(w http.ResponseWriter) (*EventStream, error) {
	s := &EventStream{w: w, rc: http.NewResponseController(w)}
	if err := s.rc.SetReadDeadline(time.Time{}); err != nil {
		return nil, err
	}
	h := w.Header()
	apiHeaders(h)
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no") // proxies are not to wait for more
	w.WriteHeader(http.StatusOK)
	return s, nil
}

// Field adds a line of an event: its id, event, data or retry; with an empty name, a
// comment.
func (s *EventStream) Field(name, value string) {
	for line := range strings.SplitSeq(value, "\n") {
		s.b = append(s.b, name...)
		s.b = append(s.b, ": "...)
		s.b = append(s.b, line...)
		s.b = append(s.b, '\n')
	}
}

// End ends an event.
func (s *EventStream) End() { s.b = append(s.b, '\n') }

// Flush sends what was added. An error says that the client is gone, or too slow.
func (s *EventStream) Flush() error {
	if err := s.rc.SetWriteDeadline(time.Now().Add(writePatience)); err != nil {
		return err
	}
	_, err := s.w.Write(s.b)
	s.b = s.b[:0]
	if err != nil {
		return err
	}
	return s.rc.Flush()
}
