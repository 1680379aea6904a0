package wire

// Frame is one of [Ready], [Request], [Cancel], [Received], [Response], [Failure] and
// [Unknown], all by value.
type Frame interface {
	// check returns what is wrong with the frame, "" if it is in bounds.
	check() string
}

// Ready is the first frame of the server.
type Ready struct {
	Tunnel  string `json:"id"`      // 24 hex digits
	URL     string `json:"url"`     // that leads here, without a slash at its end
	Resumed bool   `json:"resumed"` // the tunnel was there before this connection
}

// Request is a request to the tunnel's URL. Its id is counted from 1 in each connection.
type Request struct {
	ID      int64   `json:"id"`
	Method  string  `json:"method"`
	Path    string  `json:"path"`  // below the tunnel's URL, as it was escaped; begins with "/"
	Query   string  `json:"query"` // raw, without "?"
	Headers Headers `json:"headers"`
	Body    []byte  `json:"body"`
	Order   string  `json:"order,omitempty"` // shared with those that it has to come before or after; "" if there are none
}

// Cancel says that nobody waits for the answer to a request any more.
type Cancel struct {
	ID int64 `json:"id"`
}

// Received says that the listener has got a request. It is sent before anything is done with
// that: a request that was not received is sent again.
type Received struct {
	ID int64 `json:"id"`
}

// Response is the answer to a request.
type Response struct {
	ID      int64   `json:"id"`
	Status  int     `json:"status"` // 200 to 599
	Headers Headers `json:"headers"`
	Body    []byte  `json:"body"`
}

// Failure says that there is no answer to a request, and why. Whoever has sent it is
// answered with 502 and that text.
type Failure struct {
	ID    int64  `json:"id"`
	Error string `json:"error"` // for people, such as "connection refused"
}

// Unknown is a frame of a later version. It is to be ignored.
type Unknown struct {
	Type string
}

// The types of frames.
const (
	typeReady    = "ready"
	typeRequest  = "request"
	typeCancel   = "cancel"
	typeReceived = "received"
	typeResponse = "response"
	typeFailure  = "failure"
)
