// Package chipchat is the SDK for authors of bots: programs that are told by webhook what happens in
// conversations, and answer through the REST API. It speaks the Web1on1 v2 contract, so a bot runs against
// any server of that contract by changing its host. It needs the standard library alone.
//
// A whole bot, which repeats what the contact says, offers a button, and goes when that is pressed:
//
//	func main() {
//		// The token from TOKEN, the secret of the webhook from SECRET, the server from APIHOST, the port from PORT.
//		bot, err := chipchat.New(chipchat.Options{}.WithEnvironment(os.Getenv))
//		if err != nil {
//			log.Fatal(err)
//		}
//		bot.On("message.create.contact.chat.contact", func(ctx context.Context, m *chipchat.Message, c *chipchat.Conversation) error {
//			return c.Say(ctx, chipchat.Message{
//				Role:    chipchat.RoleAgent, // to the contact
//				Text:    "You said: " + m.Text,
//				Actions: []chipchat.Action{{Type: "postback", Text: "Bye", Payload: "BYE"}},
//			})
//		})
//		bot.OnText(chipchat.Text("bye"), func(ctx context.Context, m *chipchat.Message, c *chipchat.Conversation) error {
//			return c.Leave(ctx)
//		})
//		log.Fatal(bot.Start(context.Background(), ""))
//	}
//
// A [Bot] is made by [New] and has three sides: it receives, it answers, and it uses the API.
//
// # Receiving
//
// [Bot.Start] runs a server of the bot's own, [Bot.Handler] is an [http.Handler] for any other, [Bot.Router] one that
// looks at paths, and [Bot.Ingest] takes deliveries that came by another way. They prove the callback URL, check the
// signature of each delivery over the bytes that came, and hand the [Event] on:
//
//  1. The built-in filters drop what the bot's own user or other bots said, and what else the [Options] say.
//  2. [ReceiveMiddleware], added with [Bot.Use], may change the event or drop it.
//  3. Of a message that somebody said, the handlers of [Bot.OnText] are called whose trigger fires; then, if it is the
//     reply to a question of the bot, who asked is told, and that is all.
//  4. The handlers of [Bot.On] and [Bot.OnEvent] are called whose patterns match one of the names of the event.
//
// [Bot.When] registers handlers under [Conditions], [Bot.Once] for one time; [Bot.OnAny] hears everything, [Bot.Listen]
// and [Bot.Off] take handlers away again, and [Bot.Emit] plays events to them.
//
// # Answering
//
// Handlers get a [Conversation], whose methods speak in it: Say, Accept, Join, Leave, Assign and Notify. Set and Get
// are the bot's memory, which the server keeps. Ask waits for the reply to a question, AskFunc has a function called
// with it, and AskCallback one that [Bot.RegisterCallback] has given a name, so that also another process finds it.
// [Bot.Send] speaks by conversation id. All that is sent goes through the [SendMiddleware], added with [Bot.UseSend].
//
// # The API
//
// Bot.Users, Bot.Conversations, Bot.Messages and so on are a [Resource] each, with List, Get, Create, Update, Delete,
// and All and Each for lists longer than a page. Kinds that this package knows no fields of are a [Document];
// [ResourceOf] reaches any other. [Bot.GetInstanceConfig] puts together how the bot is configured in an organization.
//
// Expired access tokens are renewed with the refresh token, once for all goroutines that meet the expiry, and kept in
// the [TokenStore], if there is one. Requests that may be repeated are repeated on passing faults. Errors of the API
// are an [*Error].
//
// # Promises
//
// A Bot and all that hangs on it is safe for concurrent use. Handlers of one event run one after the other, in
// the order of registration; events run concurrently, those of one conversation too unless Options.Order is set. The
// webhook is answered when the handlers have returned, at the latest after 15 seconds; handlers that take longer run
// on, and [Bot.Drain] waits for them. A panic in a handler becomes an error. What goes wrong outside a call that the
// author awaits is logged and emitted as the event "error". What is kept in memory has bounds. Tokens and secrets are
// never logged.
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
