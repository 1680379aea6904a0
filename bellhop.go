// Package bellhop holds the words of the product: what there is, what makes each
// thing valid, and the registry of kinds that the API is made of.
//
// Organizations own resources: users, bots, services, contacts, conversations,
// messages. Whatever happens to a resource is an [Event]. A service of type
// webhook subscribes to events; each event on its way to one service is a
// [Delivery], and each HTTP request of a delivery is an [Attempt].
//
// Everything here is pure: no I/O, no clock, no goroutine. What the outside sees
// of these words is written in docs/contract/.
package bellhop
