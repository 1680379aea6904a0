// Package web is the HTTP edge that the API, the pages and the tunnels share.
//
// [Serve] listens until it is told to end. Every request passes through [Wrap]: it gets an
// id, is logged when it is answered, and its panic harms nobody else. Behind that
// [NewRouter] answers in JSON what a mux has no route for, and [Handler] lets a handler
// return an error, which [WriteError] turns into the one answer that this error has
// everywhere (docs/contract/resources.md section 5). [ClientAddress] and [OverTLS] see through
// the proxies that are trusted; a [Limiter] counts requests by address and by user.
//
// What it promises: the cause of an internal error reaches our log and never the caller;
// no query, header or body is logged; no body larger than [MaxBody] is read.
package web
