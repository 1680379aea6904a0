package egress

import (
	"io"
	"net/http"
	"time"
)

const (
	drainBytes = 16 << 10
	drainTime  = 100 * time.Millisecond
)

// Response is the answer to an attempt, whatever its status; 3xx are not followed.
type Response struct {
	Status    int
	Header    http.Header // never nil
	Body      []byte      // at most MaxBody bytes as they came, not decompressed; nil if there were none
	Truncated bool        // there was more than MaxBody
	Timing    Timing
	Reused    bool // the answer came over a connection that had served before
}

// Timing tells where the time of an attempt went. DNS, Connect and TLS are 0 on a reused connection.
// If a connection broke and the attempt was repeated, they and FirstByte are those of the second one.
type Timing struct {
	DNS       time.Duration // the lookup of the name
	Connect   time.Duration // the opening of the connection
	TLS       time.Duration // the handshake
	FirstByte time.Duration // from the request being written to the first byte of the answer
	Total     time.Duration // all of it, including the reading of the answer
}

// readBody reads up to most bytes. ended: the body's end was seen; truncated: there is more than most.
// Without an error one of them is true.
func readBody(resp *http.Response, most int64) (body []byte, ended, truncated bool, err error) {
	if resp.Body == http.NoBody || resp.ContentLength == 0 {
		return nil, true, false, nil
	}
	if most > 0 {
		size := resp.ContentLength
		if size < 0 {
			size = 512
		}
		// The length is only a claim, so memory follows what really comes.
		body = make([]byte, 0, min(size, most, 4<<10))
	}
	for int64(len(body)) < most {
		if len(body) == cap(body) {
			body = append(body, 0)[:len(body)]
		}
		room := min(int64(cap(body)), most)
		n, err := resp.Body.Read(body[len(body):room])
		body = body[:len(body)+n]
		if err == io.EOF {
			return body, true, false, nil
		}
		if err != nil {
			return nil, false, false, err
		}
	}
	var more [1]byte
	switch n, err := io.ReadFull(resp.Body, more[:]); {
	case n > 0:
		return body, false, true, nil
	case err == io.EOF:
		return body, true, false, nil
	default:
		return nil, false, false, err
	}
}

// drain tries to reach the end of a truncated body, so that the connection can be used again, and
// reports whether it did. Little and soon, or not at all: the answer is known already.
func (c *conn) drain(resp *http.Response, read int64, deadline time.Time) bool {
	if resp.ContentLength-read > drainBytes {
		return false
	}
	soon := time.Now().Add(drainTime)
	if deadline.Before(soon) {
		soon = deadline
	}
	if c.socket.SetReadDeadline(soon) != nil {
		return false
	}
	n, err := io.Copy(io.Discard, io.LimitReader(resp.Body, drainBytes+1))
	return err == nil && n <= drainBytes
}
