// Package check tries an endpoint as the server would use it, and as it would be used by who wants it
// to fail: `bellhop check`.
//
// [Run] sends what docs/contract/delivery.md says is sent, by the same client and with the same headers
// and signatures, and judges what comes back:
//
//	learn     one challenge, and events that are signed rightly
//	middle    all that does not mind others, some at a time
//	alone     many events at once
//	risky     what some bots do not outlive, one after the other
//	last      it still works
//
// [All] are the checks, each with what it shows, why, and what to do if it fails. They do not depend on
// each other, so that some of them can be run alone; only where no event is accepted at all, the checks
// that could not tell anything then are skipped.
//
// The events are called bellhop.check, belong to an organization that does not exist, and have
// data.sample; a bot that listens to what it knows does nothing with them. Only events that are asked
// for by name tell of messages or resources, and those do not exist either.
//
// Nothing here keeps a secret: reports have the URL with its password masked, and what an endpoint
// answered without its token.
package check
