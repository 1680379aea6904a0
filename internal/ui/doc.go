// Package ui is the admin pages: where people see what became of their events, connect a
// webhook, and look into conversations (docs/contract/services.md section 1).
//
// [UI] is a handler for every page. A request of somebody who is logged in becomes a
// visit; each page is a function that asks the rules for what the visitor may see, fills
// the page's own struct, and renders its template. A page that is refused returns the
// error of the rules, which one adapter turns into a page of words. Nothing happens here
// that the API could not do: what may be done, and by whom, is decided below.
//
// The description of the API is here as well, made from package openapi: pages to read, for
// everybody (docs/contract/extensions.md section 6).
//
// The frame around all pages leads to the sections (rail.go), to the same page of another
// organization (switcher.go), and to whatever is searched (search.go). Lists are of all that
// the visitor sees, or with ?organization=<id> of that organization and all below it
// (chosen.go); an organization that he may not see is not found.
//
// # What it promises
//
// The pages work without JavaScript, with the keyboard alone, on a phone and on a wide
// screen, light and dark; colour never speaks alone. The browser is told to load and run
// nothing but our own files, so stored text, which is hostile, is only ever text.
//
// A change is a POST that comes from our own pages. It answers with a redirect and what
// has happened stands on the page it leads to; or, if it was refused, with the form as it
// was sent and the reasons beside the fields.
//
// A secret, and the user and password of a URL, are on a page only after somebody asked
// for them; no page is kept in a cache.
package ui
