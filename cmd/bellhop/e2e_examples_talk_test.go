//go:build !race

package main_test

// talks are the plays of examples that mostly talk: who says what to each, and what it answers by its code. Where the code
// calls several things at once, they come in any order ("...").
func talks() []example {
	return []example{
		{name: "echo", play: playEcho},
		{name: "index", play: playEcho}, // which is echo by another name

		{name: "context", play: func(s *stage) {
			s.contact("Hello")
			s.hears("...", "Hooked in1", "Hooked in2", "What's your name?", "command: /set _askedBOT ID")
			s.prints("fetched convs [12]\n", "created \n", "ERROR Error: missing conversation null", "ERROR PROMISE Error: missing conversation null")
			s.contact("Jenny")
			s.hears("...", "command: /set name Jenny", "Oh, your name is Jenny", "What's your favorite food?", "command: /set _askedBOT ID")
			s.contact("Pizza")
			s.hears("...", "command: /set food Pizza", "So your favorite food is Pizza?", "command: /set _askedBOT ID")
			s.contact("Yes")
			s.hears("...", "Ok, here's what you told me about you:\n            - Name: Jenny\n            - Favorite Food: Pizza", "command: /leave")
		}},

		// It is not written for the package as published: of its receiving middleware the first one ends the event, since
		// what it takes for next is not, and the one for sending never goes on, so that nothing is ever sent.
		{name: "middleware", prep: func(s *stage) []string {
			s.contact("Hello")
			return nil
		}, play: func(s *stage) {
			s.contact("Anybody?")
			s.prints("mwarerecv1 message.create.contact.chat Anybody\\?\n")
		}},

		// Its last line calls what the package does not have.
		{name: "mixin", survives: "bot.refreshToken is not a function", play: func(s *stage) {
			s.prints("survived TypeError: bot.refreshToken is not a function")
			s.contact("Hello")
			s.hears("Okidoki")
			s.agent("Hello")
			s.hears("Okidoki")
		}},

		{name: "modules", play: func(s *stage) {
			const help = "Need help? [postback Settings=HELP_SETTINGS] [postback Notifications=HELP_NOTIFICATIONS]"
			s.contact("Hello")
			s.hears("...", "Echo: Hello", help, "command: /set captured true")
			s.contact("Hello again")
			s.hears("...", help, "command: /set captured true")
			s.post(object{"type": "postback", "role": "contact", "text": "HELP_SETTINGS"})
			s.hears("...", help, "command: /set captured true")
		}},

		{name: "start", play: func(s *stage) {
			s.prints("Hello Bot start")
			s.contact("Hello")
			s.hears("...", "as agent: 👍", "command: /leave")
			s.post(object{"type": "command", "text": "/assign", "meta": object{"users": []string{s.bot.ID}}}) // a message, too
			s.hears("...", "command: /accept", "as agent: 👍", "command: /leave")
		}},
	}
}

func playEcho(s *stage) {
	s.contact("Ping")
	s.agent("Ping")
	s.hears("Pong")
	s.agent("Pang")
	s.prints("any message.create.contact.chat.contact Jenny", "on.message Ping", "Ponged back", "on.message Pang")
}
