// Package dispatch brings events to webhooks: it takes what commits hand over, makes
// the HTTP attempts, and records what came of them.
//
// Every service has a lane of its own, so that a slow or dead endpoint delays nobody
// else. A lane is live or behind:
//
//	          fits            more than fits, or a retry is due
//	commit ──────────> live ───────────────────────────────────> behind
//	                    ^                                          │
//	                    └──────── a read finds nothing older ──────┘
//
// A live lane is fed by commits, without reading. What does not fit waits in the store,
// and a lane that is behind is fed by reading there, oldest first; so memory stays
// bounded whatever the backlog, and order never inverts.
//
// Within a lane, attempts of one key start in the order of events. The next one starts
// when the one before was answered or failed, or has been out for a second: a bot may
// wait in its handler for the very message that comes next. An attempt older than that
// does not count against the lane's concurrency either. A failed delivery goes to its
// retry schedule and blocks nobody (docs/contract/delivery.md sections 6 and 7).
//
// No row is locked while a request is under way. A crash leaves deliveries pending, and
// they are sent again: at least once, with the same id.
package dispatch
