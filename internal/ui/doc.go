// Package ui is the admin pages: where people see what became of their events, connect a
// webhook, talk with a bot, and manage organizations, bots and users
// (docs/contract/services.md section 1).
//
// [UI] is a handler for every page; routes.go names them all. A request of somebody who is
// logged in becomes a visit; each page is a function that asks the rules for what the
// visitor may see, fills the page's own struct, and renders its template. A page that is
// refused returns the error of the rules, which one adapter turns into a page of words.
// Nothing happens here that the API could not do: what may be done, and by whom, is decided
// below.
//
// # The pages
//
// The overview says what needs attention. A list leads to a thing, and a thing to what
// belongs to it: an organization to its integrations, bots, users and audit; a service to
// its deliveries, charts, settings and replays; a delivery to its attempts and its event; a
// conversation to what its messages caused. The retry schedule is foretold by the rules of
// package dispatch, not drawn by hand. The description of the API is here as well, made from
// package openapi: pages to read, for everybody (docs/contract/extensions.md section 6).
//
// The frame around all pages leads to the sections (rail.go), to the same page of another
// organization (switcher.go), and to whatever is searched (search.go). Lists are of all that
// the visitor sees, or with ?organization=<id> of that organization and all below it
// (chosen.go); an organization that he may not see is not found. All that narrows a list is
// in its address.
//
// # Forms
//
// A change is a POST that comes from our own pages. It answers with a redirect, and what has
// happened stands on the page that it leads to (notice.go); or, if it was refused, with the
// form as it was sent and the reasons beside the fields (form.go). What cannot be undone is
// asked first, with what would be lost.
//
// # Live pages
//
// A page that is looked at stays true: a stream of server-sent events says only that
// something has changed (live.go), and static/live.js then reads the page again and
// exchanges the parts that differ. So there is one way to render, with and without
// JavaScript, and a stream tells nothing that its reader could not list. New rows of a list
// wait above it, so that nothing moves under the eyes of who reads.
//
// # What it promises
//
// The pages work without JavaScript, with the keyboard alone, on a phone and on a wide
// screen, light and dark; colour never speaks alone. Each is below 100 KB, and costs the
// store a bounded number of short reads, whatever there is in it. The browser is told to load
// and run nothing but our own files, so stored text, which is hostile, is only ever text.
//
// A secret, and the user and password of a URL, are on a page only after somebody asked for
// them; no page is kept in a cache.
package ui
