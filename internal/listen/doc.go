// Package listen is the developer's end of a tunnel: it connects to a server, takes the requests that come to the
// tunnel's URL there, hands them to a process on this machine, and sends back what that answers
// (docs/contract/extensions.md section 5).
//
// A [Listener] holds one connection after the other. Each is a session: it hears that the tunnel is ready, then
// requests. A request is acknowledged at once, waits for its turn, and goes to the local process with the method, path,
// query, header and bytes that the sender chose, so that signatures are right.
//
//	dial ──> ready ──> requests ──> lost, or the machine slept ──> wait 0.5 s to 10 s ──> dial
//	  │                   │
//	  │ refused           ├─ Pause: finish what is under way, close ──> Resume ──> dial
//	  └─> Run ends        └─ ctx ended, or taken over: the same, and Run ends
//
// # Promises
//
//   - Order. Of requests with the same order the local process gets one only when it has answered the one before, or has
//     had it for a second, as docs/contract/delivery.md section 7 says. Nothing else waits.
//   - Once. A delivery that the server sends again, because the connection was lost before it had the answer, is answered
//     with what the local process said the first time, or joins it if it is still at it. The last 1,000 are remembered.
//   - Nothing lost. What arrives on a connection that the server may have given up is not handed on: it comes again, in
//     its order, on the next.
//   - Sleep. When the machine wakes up the connection is made anew at once.
//
// The functions of [Config] are called one at a time. Tokens are in no error.
package listen
