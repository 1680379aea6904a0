// Package event holds the words of events: their names and the patterns that select them, the envelope
// and its exact bytes, the signature over those bytes, and what an answer to them says.
//
// An event is rendered once: [Envelope.Payload] turns it into the bytes that every attempt and every
// replay sends, and [Payload.AppendBody] puts the id of a delivery in front of them. Those bytes are
// canonical ECMAScript JSON, so that a receiver who parses and serializes them again gets the same
// signature ([Canonical] makes that form of any JSON text, [AppendValue] of Go values). [Patterns] says
// which webhooks hear of an event, [Signer] signs what is sent to one of them, [ParseAnswer] reads the
// messages that come back, and [RedactToken] makes an answer fit to be kept.
//
// Nothing here does I/O, reads a clock or starts a goroutine. All functions may be called concurrently;
// no function keeps or changes the slices it is given, except that those named Append, and those with a
// dst, write to the capacity of dst and return the extended slice. What is documented as an error for a
// caller has a text that is safe to show.
package event
