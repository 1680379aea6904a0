// Package resource is what all kinds share: resources are created, read, listed,
// patched and deleted by the rules of docs/contract/resources.md, driven by the
// registry of kinds. What a kind does beyond that is its [Rules].
//
// A change runs in one transaction together with the event that tells of it. The rules
// of a kind may prepare something before, a challenge or the hash of a password, and
// are asked again if what they prepared for has changed meanwhile.
package resource
