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
//	port        the beginnings of the lines of the contract that say so
//
// Deliveries are {"hear": message, "conversation": ..., "event": ...}, {"happen": event, "data": ...} or {"ingest": payload}; what
// the first two lack is filled in. With "via": "http" they are posted to the webhook, else given to Ingest. Strings
// may have {bot}, {conversation}, {organization}, {jenny} (a contact), {ada} (an agent) and {token} in them: each scenario has ids of
// its own.
package conformance
