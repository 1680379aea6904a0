// Package subscription knows who hears of what. It keeps the webhook services: checks
// them, proves their URLs by the challenge, and turns each event into its deliveries.
//
// What happens is a [Happening]; [Subscriptions.Announce] renders it once, to the bytes
// that every attempt will send, and appends it with one delivery for each service that
// listens, in the transaction of the change itself. So there is no event without its
// change and no change without its event.
//
// The services that listen are kept in memory, in a table. A transaction that finds that
// services, bots or instances have changed since makes a new one, which shares with the old
// one all that has not. It keeps it to itself if it has made such changes and may be rolled
// back.
//
// What was sent can be sent again: one delivery ([Subscriptions.ReplayDelivery]), or the
// events of a range of time ([Subscriptions.CreateReplay]), which [Subscriptions.Run] takes
// further step by step; [Subscriptions.TestService] sends what has not happened. What
// decides who gets an event is remembered as it changes, so that [Subscriptions.Explain] can
// judge by what was true when it happened.
//
// The rules are in docs/contract/services.md, delivery.md, events.md and extensions.md.
package subscription
