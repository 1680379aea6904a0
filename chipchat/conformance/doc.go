// Package conformance holds the table of scenarios that says what the SDK does: what a bot is told, what its handlers do,
// and what they are called with and send in turn. Its tests play every scenario on package chipchat, and on the published
// npm package chipchat in Node. Where the two differ the scenario names the line of docs/contract/sdk.md, beginning with
// "Port:", that says so; a difference without one fails, and so does a "Port:" line without a scenario.
//
// The table is testdata/*.json, a file for each part of docs/contract/sdk.md. A scenario has
//
//	name        unique
//	options     of the bot, as the original calls them; the token is {token} unless there is one, or null for none
//	env         the environment that the bot is made in
//	api         answers of the API by "METHOD /path", one after the other, the last one for ever: {status, headers, body};
//	            status 0 breaks the connection. Unless it says otherwise messages are created as they were posted, with an
//	            id m1, m2, ...; conversations are found, and anything else is {}
//	handlers    what handlers do, each a list of actions [method, argument, ...]; one that is not listed does nothing
//	middleware  what middleware does: "next" (the default), "drop", {"fail": text} or {"text": new text}
//	serve       how the webhook is put up: "start", "router", "middleware", or the options of router
//	steps       what happens, in order: [method of the bot, argument, ...], a delivery or a request to the webhook
//	calls       what was called, in order: handlers as "name(text)", with what their text trigger captured; middleware by its
//	            name; and what handlers note
//	requests    what the API was asked, in order
//	errors      the texts of the events "error"
//	answers     the outcome of each step but those that only register something
//	go, node    what of the last four is different in one of the two
//	only        "node" if Go has no such thing
//	port        the beginnings of the lines of the contract that say so
//
// Methods are those of the original, with resources as "users.list" and a handler as its name, "callback:<name>" if it is
// to be found by that name when it is called. Beside them there are
//
//	auth, options     those of the properties of either that are named
//	conversation      a context by id or as it is given, and what to do with it, as handlers do
//	attempt           a call that may have no end, and then has the outcome "no answer"
//	requests          waits until the API was asked so many times
//	fail, note        what handlers do: fail with a text, and be noted with one
//	get, property, captured, ask without a handler: are noted with what they give
//
// Deliveries are {"hear": message, "conversation": ..., "event": ...}, {"happen": event, "data": ...} or {"ingest": payload}; what
// the first two lack is filled in. With "via": "http" they are posted to the webhook, else given to Ingest; "sign" is the
// secret that they are signed with, and "within" how many milliseconds the npm package has to answer, where it has no answer.
// Requests to the webhook are {"http": {method, path, headers, body}}.
//
// What JSON cannot say is {"$regexp": source, "$flags": "i"}, {"$undefined": true}, {"$null": true} where null takes away, and
// {"$handler": name}, {"$callback": name}. Requests wanted are "METHOD /path?query", a list of that, the body and the headers that matter,
// {"say": text or message} or {"command": text, "meta": ...}. An outcome that ends with * begins so.
//
// Strings may have {bot}, {conversation}, {organization}, {jenny} (a contact), {ada} (an agent), {other}, {token} and its kin
// in them: each scenario has ids of its own, so that all can play at the same time in one process.
package conformance
