// Package chipchattest is a platform for tests of bots: start it in a test, let a contact speak, and
// expect what the bot says. It is no imitation: it is the server itself, with its API, its store, its
// dispatcher and its signatures, without a network.
//
//	func TestShop(t *testing.T) {
//		synctest.Test(t, func(t *testing.T) {
//			p := chipchattest.Start(t)
//			bot, err := newShop(p.Options(chipchat.Options{}))
//			if err != nil {
//				t.Fatal(err)
//			}
//			p.Connect(bot, "message.create.contact.*")
//
//			jenny := p.Contact("Jenny")
//			jenny.Says("One T-shirt, please")
//			jenny.Hears(chipchattest.Want{Text: "Which size?", Actions: []string{"Small", "Large"}})
//
//			p.Down(3 * time.Hour) // nobody is there, and the platform tries again and again
//			jenny.Presses("Large")
//			jenny.Hears("It is on its way: L")
//			jenny.HearsNothing()
//			if size := jenny.Conversation().Meta["size"]; size != "L" {
//				t.Errorf("the size is %v, want L", size)
//			}
//		})
//	}
//
// [Start] makes a [Platform] with an organization, which ends with the test. [Platform.Options] are what
// a program needs to make its bot, [Platform.Connect] creates the webhook of one, to which it answers
// the challenge. [Platform.Contact] and [Platform.Agent] are people: they say something, press buttons
// and give commands, and hear what is said. Hears is strict: it wants the very next message, so
// that a bot that answers twice fails the test. What fails is reported in the line of the test, with the
// conversation and what became of its deliveries. All else is there, too: Platform.API is the REST
// API as the admin uses it.
//
// # What goes wrong
//
// Webhooks are delivered at least once, and not always in order (docs/contract/delivery.md sections 6
// and 7). A bot that is right survives it, and a test can say so:
//
//   - [Platform.Repeat] lets deliveries arrive more than once, [Platform.Reorder] in another order,
//     [Platform.Delay] late;
//   - [Platform.Drop] loses attempts, [Platform.DropAnswers] the answers to them, and
//     [Platform.Timeout] keeps these back until the server gives up;
//   - [Platform.Down] lets nobody be there for a while;
//   - [Platform.Settled] waits until all deliveries have finished, and [Platform.Deliveries] shows
//     them as the server keeps them, with their attempts.
//
// All of it happens between the server and the bot, so that what follows is what the server really does:
// it tries again by its schedule, pauses a webhook, and gives up after 24 hours.
//
// # Time
//
// In a bubble of [testing/synctest] all times are virtual: waits of hours take no time, a day about a
// second of computing. Outside of one everything works in real time, where the first retry comes after
// 10 seconds. Tests in bubbles may run in parallel.
//
// The store is SQLite on files in the temporary directory of the test, which are never flushed to the
// disk. With -race it is twenty times slower unless the detector leaves it alone, and the library of C
// below it: go test -race -gcflags='modernc.org/sqlite/lib=-race=false' -gcflags='modernc.org/libc/...=-race=false'.
package chipchattest
