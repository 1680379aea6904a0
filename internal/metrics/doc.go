// Package metrics counts what the server does, and shows the counts to Prometheus.
//
// What happens often is told to [Metrics.Attempted], [Metrics.Committed], [Metrics.Answered]
// and [Metrics.Refused], by the hooks of the packages where it happens: they do not know of
// Prometheus. Each costs a few atomic additions. Everything else is read when somebody
// asks [Metrics.Handler], which costs no more than a hundredth of a processor, or one count
// of the backlog in 15 s.
//
// Labels have few values: outcomes, routes, statuses; never an id, a path or a name that
// a client has chosen. docs/operations.md lists all metrics.
package metrics
