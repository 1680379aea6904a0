package egress

import (
	"net/http"
	"time"
)

// Response is the answer to an attempt, whatever its status; 3xx are not followed.
type Response struct {
	Status    int
	Header    http.Header // never nil
	Body      []byte      // at most MaxBody bytes, gzip or deflate taken off; nil if there were none
	Truncated bool        // there was more than MaxBody, with or without compression
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
