package wire

import "time"

const (
	// Subprotocol is what both ends of the WebSocket must name.
	Subprotocol = "bellhop.tunnel.v1"

	// DefaultName is how a tunnel is called that nobody has named.
	DefaultName = "default"

	// MaxName is how long the name of a tunnel may be.
	MaxName = 64

	// MaxFrame is how long a frame may be, in bytes of JSON.
	MaxFrame = 2 << 20

	// MaxBody is how long the body of a request and that of an answer may be, in bytes.
	MaxBody = 1 << 20

	// MaxHead is how much all else of a request or an answer may hold, in bytes: method,
	// path, query, names and values of headers. Written as JSON, where a byte may take two,
	// it has room in a frame beside the largest body.
	MaxHead = 64 << 10

	// MaxHeaders is how many headers a request or an answer may have.
	MaxHeaders = 256

	// MaxOrder is how many hex digits say what a request has to come before or after.
	MaxOrder = 64

	// MaxError is how long the text of a failure may be, in bytes.
	MaxError = 1 << 10

	// MaxUnderWay is how many requests of a tunnel are under way at once. More wait at the
	// server.
	MaxUnderWay = 64

	// PingEvery is how often the server pings.
	PingEvery = 3 * time.Second

	// ServerPatience is how long the server waits for a pong or a frame before a connection
	// counts as lost.
	ServerPatience = 9 * time.Second

	// ListenerPatience is how long the other end waits for a ping or a frame.
	ListenerPatience = 15 * time.Second
)

// Why a connection is closed, as WebSocket status codes. After all others, and where a
// connection just breaks, the other end connects again.
const (
	// CloseGoingAway is sent when the server ends: connect again.
	CloseGoingAway = 1001

	// CloseProtocol is sent to who breaks the rules of frames. What was under way has failed.
	CloseProtocol = 1002

	// CloseUnauthorized says that the token is not valid any more, or allows less.
	CloseUnauthorized = 4401

	// CloseDeleted says that somebody has deleted the tunnel.
	CloseDeleted = 4404

	// CloseReplaced says that a newer connection of the same tunnel has taken over.
	CloseReplaced = 4409
)

// ValidName reports whether a tunnel may be called that: 1 to 64 of a-z, 0-9 and "-".
func ValidName(name string) bool {
	if name == "" || len(name) > MaxName {
		return false
	}
	for i := range len(name) {
		if c := name[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return true
}
