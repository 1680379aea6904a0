// Package chipchat is the SDK for authors of bots: programs that are told by webhook what happens in
// conversations, and answer through the REST API. It speaks the Web1on1 v2 contract, so a bot runs against
// any server of that contract by changing its host. It needs the standard library alone.
//
// A [Bot] is made by [New] and has three sides:
//
//   - Receiving. [Bot.Handler] is an [http.Handler] for any server, [Bot.Start] a server of its own. It proves
//     the callback URL, checks the signature of each delivery over the bytes that came, and hands the [Event]
//     to the handlers registered with [Bot.On], [Bot.OnText] and [Bot.OnEvent].
//   - Answering. Handlers get a [Conversation], whose methods speak in it: Say, Accept, Join, Leave, Assign,
//     Notify, and Set and Get for the bot's memory. [Bot.Send] does the same by conversation id.
//   - The API. Bot.Users, Bot.Conversations, Bot.Messages and so on are a [Resource] each, with List, Get,
//     Create, Update, Delete, and All and Each for lists longer than a page. [ResourceOf] reaches every other kind.
//
// Expired access tokens are renewed with the refresh token, once for all goroutines that meet the expiry, and
// requests that may be repeated are repeated on passing faults. Errors of the API are an [*Error].
//
// # Promises
//
// A Bot and all that hangs on it is safe for concurrent use. Handlers of one event run one after the other, in
// the order of registration; events run concurrently, those of one conversation too unless Options.Order is set. The
// webhook is answered when the handlers have returned, at the latest after 15 seconds; handlers that take longer run
// on, and [Bot.Drain] waits for them. A panic in a handler becomes an error. What goes wrong outside a call that the
// author awaits is logged and emitted as the event "error". Tokens and secrets are never logged.
//
// # What comes from outside
//
// Give a bot its webhook secret, and only who knows it is listened to; see [Verifier] for which signature decides. An
// author with a framework of his own calls [VerifyRequest]. Servers deliver at least once, and may overtake themselves:
// Options.Dedupe has repeats answered without handling them again, Options.Order has the events of one conversation
// handled one after another. Whatever is too large, too slow or too much is refused in a way that has the server
// deliver it again, where that helps.
//
// The rules are those of docs/contract/sdk.md; deliveries follow docs/contract/delivery.md, tokens
// docs/contract/auth.md, and lists docs/contract/resources.md section 4.
package chipchat
