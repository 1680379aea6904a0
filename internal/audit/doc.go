// Package audit writes down who changed what (docs/contract/extensions.md section 8).
//
// Whoever changes something that admins configure calls [Write] in the transaction of the change,
// so that there is no change without its record, and no record without its change. [Changes] finds
// the fields that differ between two states of a resource.
//
// A record holds no secret. What is sealed in the store is named, and has no values; so has a field
// whose name says that it is one, wherever it stands; of URLs in any text what stands before the @ is
// masked. Long values are cut.
//
// How somebody came, and from where, is the [Origin] that the context of his request carries.
package audit
