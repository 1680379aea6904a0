//go:build !race

package main_test

import (
	"net/http"
	"net/url"
	"strings"
)

// flows are the plays of examples that use delays, forms and notifications.
func flows() []example {
	return []example{
		{name: "ask", play: func(s *stage) {
			s.contact("color2")
			s.hears("What's your favorite color?", "command: /set _askedBOT ID")
			s.contact("green")
			s.hears("Oh, you like green!")
			s.contact("color1")
			s.hears("What's your favorite color?", "command: /set _askedBOT ID")
			s.contact("red")
			s.hears("...", "Oh, you like red!", "command: /set color red", "Second favorite color?", "command: /set _askedBOT answerColor")
			s.contact("blue")
			s.hears("...", "command: /set _askedBOT ", "You like the colors red and blue", "Other color?", "command: /set _askedBOT answerColor", "command: /leave")
		}},

		// Not said is what its text triggers listen for, hi and hello: their handler wants an array where the package gives
		// a conversation, and ends the example.
		{name: "events", play: func(s *stage) {
			s.prints("Non-message event triggered: foo bar", "ready \\{", "Non-message event triggered: service.create id,timestamp,event,organization,activity,data")
			s.contact("Good morning")
			s.hears("How are you doing?", "command: /set _askedBOT ID")
			s.prints("Non-message event triggered: conversation.create ", "Non-message event triggered: contact.create ",
				"Message event triggered: message id,", "Message event triggered: message.create.contact.chat id,", "Message event triggered: message.create.contact.chat.contact id,")
			s.contact("Well")
			s.hears("...", "You answered Well", "What's your favorite food?", "command: /set _askedBOT answerFood")
			s.contact("Pizza")
			s.hears("...", "command: /set _askedBOT ", "So you like eating Pizza", "Your favorite color?", "command: /set _askedBOT answerColor")
			s.contact("red")
			s.hears("...", "command: /set _askedBOT ", "You like to see red", "command: /leave")
		}},

		{name: "say", play: func(s *stage) {
			s.contact("Say something random")
			s.agent("multi")
			s.contact("async")
			s.contact("iterate")
			s.contact("parallel")
			s.hears("...", "as agent: Message 1", "as agent: Message 2", "card as agent: Message 3")
			s.hears("as agent: Start", "as agent: Step 1", "card as agent: Step 2")
			s.hears("as agent: Welcome", "as agent: Which car", "card as agent: Choose ")
			for range 2 {
				s.hears("First message", "Second message", "Third message", "Fourth message", "Fifth message")
			}
		}},

		{name: "state", prep: func(s *stage) []string {
			s.must(http.StatusOK, "PATCH", "/v2/organizations/"+s.organization,
				object{"categories": []object{{"name": "Sales"}, {"name": "Service"}, {"name": "Parts"}}}, nil)
			return nil
		}, play: func(s *stage) {
			s.contact("Hello")
			s.hears("...", "command: /set @category 2", "Take a step by saying something", "command: /set step 1")
			s.contact("one")
			s.hears("...", "Take step 2 [postback take a step=STEP]", "command: /set step 2")
			s.contact("two")
			s.hears("You have taken two steps")
			s.post(object{"type": "command", "text": ">state"}) // a message, too
			s.hears("...", "You have taken two steps", "Gotta go!", "command: /leave", "command: /notify")
			s.prints("notify CONVERSATION ", `organization "ORGANIZATION"`)
		}},

		{name: "triggers", play: func(s *stage) {
			const ask = "backchannel: Conversation any good? [reply Awesome] [reply Excellent] [reply Outstanding]"
			s.contact("Hello")
			s.post(object{"type": "command", "text": "/join"})
			s.hears("backchannel: Hi ada, review this conversation? [postback yes=REVIEW]")
			s.post(object{"type": "postback", "role": "agent", "text": "REVIEW", "isBackchannel": true})
			s.hears(ask, "command: /set _askedBOT ID")
			s.post(object{"role": "agent", "text": "Awesome", "isBackchannel": true})
			s.hears("backchannel: You said: Awesome", "backchannel report: Report")
			s.post(object{"type": "results", "text": "The results", "results": []object{{"name": "Car", "values": object{"brand": "Tesla"}}}})
			s.hears("card: <span/> [postback Review this result=REVIEW]")
			s.post(object{"type": "command", "text": ">review"})
			s.hears(ask, "command: /set _askedBOT ID")
		}},

		{name: "api", ends: true, prep: func(s *stage) []string {
			s.contact("Hello")
			return nil
		}, play: func(s *stage) {
			s.ended()
			s.prints("1 contacts returned", "contact \\{\n  id: ", "conversation created:  [0-9a-f]{24} Review")
			texts := map[string]bool{}
			reviews := s.found("/v2/conversations", url.Values{"organization": {s.organization}, "name": {"Review"}})
			for _, c := range reviews {
				s.conversation = c["id"].(string)
				text := s.lines(s.bot.ID)[1].Text // before or after /notify
				if strings.HasPrefix(text, "/") {
					text = s.lines(s.bot.ID)[2].Text
				}
				texts[text] = true
				s.hears("start")
				s.hears("...", text, "command: /notify")
				s.quiet()
			}
			if len(reviews) != 2 || !texts["Hello!"] || !texts["Howdy!"] {
				s.t.Errorf("it has said %v in %d conversations, want Hello! and Howdy! in two", texts, len(reviews))
			}
		}},

		{name: "quickreplies", play: playQuickReplies},
		{name: "outboundsms", scope: "admin", env: []string{"NODE_ENV=development", "DEBUG=chipchat*"}, play: playOutboundSMS},
	}
}

func playQuickReplies(s *stage) {
	article := func(content string) string {
		var made struct{ ID string }
		s.must(http.StatusCreated, "POST", "/v2/articles", object{"name": "Article", "organization": s.organization, "content": content}, &made)
		return made.ID
	}
	var form struct{ ID string }
	s.must(http.StatusCreated, "POST", "/v2/forms", object{"name": "Car", "organization": s.organization,
		"fields": []object{{"name": "brand", "type": "text"}, {"name": "model", "type": "text"}},
		"meta": object{
			"init":  "article:" + article("<p>Toyota</p>\n<p>Volvo</p>"),
			"brand": "article:" + article("<p>Corolla</p>\n<br />\n<p>Yaris</p>"),
		}}, &form)
	s.must(http.StatusOK, "PATCH", "/v2/organizations/"+s.organization, object{"categories": []object{{"name": "Sales", "forms": []string{form.ID}}}}, nil)

	s.contact("Hello")
	s.post(object{"type": "form", "text": "+Car", "meta": object{"form": form.ID}})
	s.hears("quick replies [reply =Toyota] [reply =Volvo]")
	s.post(object{"type": "field", "text": ".brand Toyota", "meta": object{"form": form.ID}})
	s.hears("quick replies [reply =Corolla] [reply =Yaris]")
	s.post(object{"type": "field", "text": ".model Yaris", "meta": object{"form": form.ID}})
	s.post(object{"type": "form", "text": "-Car", "meta": object{"form": form.ID}})
	s.prints("(?s)field event .*Yaris")
}

// playOutboundSMS stays with what the example does as it was published: it calls its own function for sending with one
// argument too many, so that nothing is sent.
func playOutboundSMS(s *stage) {
	var system struct{ ID string }
	s.must(http.StatusCreated, "POST", "/v2/conversations", object{"type": "system", "organization": s.organization}, &system)
	s.conversation = system.ID
	command := object{"type": "command", "text": ">smsbot"}
	s.post(command)
	s.hears("...", "backchannel: Org outboundsms does not have SMS integration active", "command: /leave")

	s.must(http.StatusCreated, "POST", "/v2/services", object{"name": "SMS", "type": "twilio", "organization": s.organization}, nil)
	const ask = "backchannel: Weet je zeker dat je een SMS wilt sturen naar 1 klant(en)? [reply Ja] [reply Nee]"
	s.post(command)
	s.hears(ask, "command: /set _askedBOT ID")
	s.agent("Nee")
	s.hears("backchannel: ok, bye!", "command: /leave")
	s.post(command)
	s.hears(ask, "command: /set _askedBOT ID")
	s.agent("Ja")
	s.hears("command: /leave")
	s.prints("error sendInvitePerSMS")
}
