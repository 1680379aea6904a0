// Package cluster lets several nodes share one store: it says which node delivers what, and
// carries messages between them. Nodes need nothing but their store; they never dial each other.
//
// # Who delivers what
//
// All services are divided into partitions ([store.Partitions]). Each has one owner at a time, so
// that a service's lane, rate and breaker live in one place:
//
//	          its turn                     it is asked for, or its owner leaves
//	nobody's ──────────> owned, delivering ─────────────────────────────────────> owned, giving
//	   ^                      │      ^                                                 │
//	   │                      │      └── the new owner reads what waits ── attempts ───┘
//	   └── its owner is dead ─┘                                            have ended
//
// A node beats once a second. One whose beat stands still for 6 s, by the clock of who watches, is
// dead: its sessions in the database are ended, its row is removed, and its partitions go to
// others, so that 10 s after a death all is being delivered again. Clocks of nodes are never
// compared.
//
// A node that is slow, paused or cut off may be taken for dead while it lives. Then it writes
// nothing any more, since each of its transactions begins by making sure that its row is there and
// stays until the commit. It starts no attempt either: after 5 s without a beat it is not sure any
// more that it is alive ([Cluster.Sure]); only a process that is stopped in the very moment in which a
// request leaves sends it when it goes on. What it has in memory it drops, and it joins anew, under
// another id.
//
// # Clocks
//
// Clocks of nodes may differ by seconds, and none is corrected. Beats are numbers, and how long one
// stands still is measured by who watches. Due times of new deliveries ascend in the order of
// commits whatever clocks say. The time of a retry is written by the clock of one owner and read by
// that of the next one, as is the end of a delivery: after a hand-over it comes earlier or later by
// the difference, and so do the ends of tokens and sessions.
//
// # Messages
//
// Publish and Send are best effort: a message may be lost when the database or a node ends, and
// after that nothing is durable. So whoever subscribes also asks for [Cluster.Missed], and looks
// again then. Ask brings a question to one node and its answer back.
//
// A store that is not shared, as SQLite, has a cluster of one: this node owns everything, is always
// sure, publishes to itself and asks itself.
package cluster
