// Package dispatch brings events to webhooks: it takes what commits hand over, makes
// the HTTP attempts, and records what came of them.
//
// Every service has a lane of its own, and so has a replay to another URL; a slow or dead
// endpoint delays nobody else. A lane is live or behind:
//
//	          fits            more than fits, or a retry is due
//	commit ──────────> live ───────────────────────────────────> behind
//	                    ^                                          │
//	                    └──────── a read finds nothing older ──────┘
//
// A live lane is fed by commits, without reading. What does not fit waits in the store,
// and a lane that is behind is fed by reading there, oldest first; so memory stays
// bounded whatever the backlog, and order never inverts. The bounds are those of the
// lane, and a budget of bytes that all lanes share; one delivery always fits.
//
// # Order
//
// Within a lane, attempts of one key start in the order of events: a key has a line, and
// its deliveries wait there while one is ready or under way. The next one starts
// when the one before was answered or failed, or has been out for a second: a bot may
// wait in its handler for the very message that comes next. A failed delivery goes to its
// retry schedule and blocks nobody (docs/contract/delivery.md sections 6 and 7). A key
// with more than its share of the memory has a crowded line: the rest stays in the store,
// is read when the line is empty, and reads for others pass it over. So one
// long conversation delays no other one.
//
// # How fast
//
// An attempt starts when all of these let it:
//
//   - the pace of the lane: how many attempts younger than a second may be under way. It
//     halves with each failure, and grows by one with each answer up to
//     params.concurrency. Up to a thousand that take longer do not count;
//   - the rate of the lane, params.rate;
//   - the slots of the machine, shared in turn between organizations that wait and, within
//     one, between lanes. A lane with nothing under way always gets one.
//
// Where the endpoint is faster than this machine, publishers make way for a lane that is
// filling up, for a second at most. Nobody ever waits for an endpoint ([Dispatcher.MakeWay]).
//
// # Endpoints that are down
//
// A breaker judges by each attempt whether the endpoint is down
// (docs/contract/extensions.md section 4). Then the lane is paused:
//
//	        the breaker says so           its time has come
//	going ─────────────────────> waiting ───────────────────> probing
//	  ^                             ^                           │  │
//	  │                             └── it fails: twice as long ┘  │
//	  └─────────────────── an attempt is answered ─────────────────┘
//
// A probe is the oldest pending delivery; if nothing is pending, the next one will be.
// Everything else waits in the store, but for attempts that are under way: an answer to
// one of these counts like that to a probe. The lane goes on with one attempt at a time,
// and its pace grows from there. A pause and its end are recorded together with the
// attempt that brought them; after a restart a pause goes on with a probe.
//
// A lane whose service is not active, or whose reads the store fails, is parked: all of
// it waits in the store, without probes, until it is woken.
//
// # The other end of a tunnel
//
// A lane may lead to a tunnel of this server, where a laptop listens that comes and goes
// (docs/contract/extensions.md section 5.3). While it is away all of the lane waits in the
// store, without probes, as if it were parked. An attempt that was under way when it left, or
// that it never acknowledged, is none: nothing is recorded, and the delivery keeps its place.
// The lane goes on when somebody has arrived and the last of these attempts has come back, so
// that nothing overtakes them. A tunnel has room for few attempts at once: one that waits for its
// turn there has not started yet, so that it holds back the next one of its key however long that
// takes, and has no slot.
//
// # Several nodes
//
// Where nodes share a store, each delivers some partitions ([Dispatcher.Take], [Dispatcher.Give]),
// and only lanes of these are here. Before a partition is given, attempts of it have ended and are
// recorded; who takes it finds in the store what waits, as after a restart. So no two nodes deliver
// a lane at once, and order is kept. A node that was taken for dead drops all ([Dispatcher.Drop]):
// nothing of what was under way is written any more.
//
// Others commit deliveries of lanes that are here. Numbers of deliveries have no holes, and ascend in the
// order of commits on all nodes. So all commits are one row, the feed, of which a node gets its own
// commits handed over, and reads what is missing between and behind them: for all lanes at once, each
// number once. Lanes are given what is theirs in that row and nothing else, as if there were but one
// node. Why that keeps order, whatever happens:
//
//   - What another node has committed before this one is missing in the row, told or not: what this
//     one has committed waits until it is read, which nothing can keep from being seen by then.
//   - Of what another one has committed last this node is told, or finds out when it asks for the last
//     number, now and then. The same goes for a commit of its own of which it heard no answer.
//   - A lane that reads the store by itself sees all that is committed up to some number. What of it the
//     feed brings later is in its memory, or it has let go of it since and the feed knows; neither is
//     taken in again. What it has not seen it is given after that read has begun, so that it reads again
//     or has it behind all that it has read. That is how it is with one node.
//   - With a retry, which is due by the clock of this node, a lane may have read beyond what another one
//     commits then, by its own. Until it is given something behind that, its reads take nothing that it
//     was not given: they would find the later one of two, and not the first.
//   - If the feed stands still and lanes have let go of more than it can remember, they are not given
//     what it stands at: they read it, as does a lane that comes later, and are given what comes behind.
//   - Who takes a partition reads what waits in it, and so all up to the last number of then. Nothing up
//     to that number is given to its lanes: who had it before may have delivered it. What was read for
//     the feed before it was taken, and may be without what comes behind that number, is thrown away
//     if it was not given to lanes yet, and is read again.
//   - Who gives or drops a partition has no lane of it any more: nothing of it is given to anybody. The
//     row goes on behind it.
//
// A node that delivers nothing yet, or has lost all that it had, begins the row where the first partition
// that it takes was read: what it has missed before, which may be much, is nothing to its lanes.
//
// What this node commits is kept for a moment while something before it is read, up to some megabytes;
// beyond that it is read, too.
//
// # What is promised
//
// No row is locked while a request is under way. A crash leaves deliveries pending, and
// they are sent again: at least once, with the same id. Results are recorded in batches
// that need no commit of their own; those that lead to more, such as messages in an answer,
// are written together with it.
package dispatch
