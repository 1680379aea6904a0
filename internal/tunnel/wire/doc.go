// Package wire is what a tunnel speaks: the messages between the server and the process
// that listens at the other end of a tunnel, and their bounds
// (docs/contract/extensions.md section 5.1).
//
// Each message of the WebSocket is text and holds one frame, a JSON object that its type
// names. The server sends [Ready] first, then a [Request] for each request to the tunnel's
// URL, and [Cancel] when nobody waits for the answer any more. The other end says
// [Received] at once, and later [Response] or [Failure].
//
//	server                               listener
//	  │ ── ready ──────────────────────────> │
//	  │ ── request 1 ──────────────────────> │
//	  │ <───────────────────── received 1 ── │   from here on it counts as an attempt,
//	  │ <───────────────────── response 1 ── │   unless the connection is lost
//
// [Encode] and [Decode] hold every frame to its bounds: what one of them lets pass, the
// other one does, too. All functions are pure.
package wire
