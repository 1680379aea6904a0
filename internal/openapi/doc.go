// Package openapi describes the API to programs: it makes the OpenAPI 3.1 document of all
// that the server serves below /v2, and of its health and metrics
// (docs/contract/extensions.md section 6).
//
// What the registry of kinds knows is taken from it and written nowhere else: the fields of a
// kind, their types, which values they take, which are required, read-only or have a default,
// what a list can be filtered by, and who may do what. What it does not know stands in tables
// here: routes.go has the operations that are not those of every kind, notes.go what fields
// mean and the shape of objects that the registry leaves free. So a kind that is added to the
// registry is described without a change here, and a route needs one entry in routes.go.
//
// # What it promises
//
// [New] always makes the same document. Each schema of an answer is closed where the kind
// is: a field that is not described fails it. [Document.JSON] and [Document.YAML] are the same
// document. The package does no I/O.
//
// The tests of the server hold the document to what is served: package openapitest checks
// every exchange of a test against it.
package openapi
