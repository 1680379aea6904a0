// Package openapitest holds a server to its OpenAPI document: a [Checker] looks at requests
// and their answers and says what of them is not as the document describes it. Tests of the
// server wrap their handler, or their client, in one, so that the document cannot drift.
package openapitest
