// Package tunnel is the server's end of tunnels: public URLs that lead to a process on
// somebody's laptop (docs/contract/extensions.md section 5).
//
//	stranger ──> /tunnels/<id>/...  ──┐
//	                                  ├──> passage ──> link ══ WebSocket ══> bellhop listen
//	dispatcher ──> Inside, in process ┘
//
// [Tunnels] knows who listens where. A connection is a link: it reads, writes, pings, and
// asks now and then whether its token still holds. A request on its way through one is a
// passage; it ends with an answer, with a failure that the other end tells of, or because the
// link is lost. For the server's own deliveries a lost passage is none ([ErrAway]), for
// anybody else it is an answer of 502 or 503.
//
// What listens is in a stranger's hands, and what it answers is served below our own public
// URL, where the pages live: cookies do not pass, in neither direction, nor do headers that
// are about all of an origin, and no browser shows an answer as a part of it.
//
// Memory is bounded: [wire.MaxUnderWay] requests of a link are under way, three quarters of them of
// strangers are let in, and [maxStrangers] of all links together; the dispatcher bounds its
// own. Bodies have [wire.MaxBody] at most. What waits for its turn waits in a line, where
// services do not keep each other out.
package tunnel
