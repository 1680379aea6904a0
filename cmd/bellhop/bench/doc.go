// Package bench measures Bellhop on the machine it runs on, beside what this machine can do at all.
//
// [Run] starts the program itself again for each role, so that every role is a process with a processor time and a memory
// of its own: a receiver of webhooks, a sender (which is the bare client of the limits as well as the publisher of
// events), a forwarder that stores nothing, and the server itself. [Play] is what such a process does. The processes are
// told what to do by lines of JSON on their standard input and answer on their standard output; when that input ends,
// because whoever started them is gone however it went, they end too.
//
// What is compared is measured in turns, a round of one and a round of the other, and a ratio is made of two rounds that
// follow each other: what else the machine does meanwhile harms both alike. A [Report] has every round's figure; what it
// shows of them is the median and the spread. A target that was not met is said to be not met.
//
// Nothing but loopback addresses is contacted, and all data lives in a temporary directory that is removed at the end.
package bench
