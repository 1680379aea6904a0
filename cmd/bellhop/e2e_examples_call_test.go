//go:build !race

package main_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// calls are the plays of examples that mostly call the API.
func calls() []example {
	return []example{
		{name: "preload", play: func(s *stage) {
			s.contact("Hello")
			s.agent("Hello")
			s.prints("botId BOT", "bot instance undefined", "organization \\{", `\bid: 'ORGANIZATION'`, `name: 'Org preload'`)
		}},

		{name: "pagination", ends: true, prep: func(s *stage) []string {
			messages := make([]object, 25)
			for i := range messages {
				messages[i] = object{"text": strings.Repeat("x", i+1), "role": "contact", "touchpoint": "web"}
			}
			s.converse(messages...)
			return []string{fillIn("<your test conversation id with at least 20 messages>", s.conversation)}
		}, play: func(s *stage) {
			s.ended()
			if ids := anyID.FindAllString(string(s.out.bytes()), -1); len(ids) != 20 || !distinct(ids) {
				s.t.Errorf("it has read the messages %v, want 20 different ones", ids)
			}
		}},

		{name: "copyformsbetweensorgs", ends: true, prep: func(s *stage) []string {
			s.other = s.newOrganization("Other", s.organization)
			for _, name := range []string{"Car", "House"} {
				s.must(http.StatusCreated, "POST", "/v2/forms", object{"name": name, "organization": s.organization,
					"fields": []object{{"name": "brand", "type": "text"}}, "meta": object{"init": "article:1"}}, nil)
			}
			return []string{"ORG1=" + s.organization, "ORG2=" + s.other}
		}, play: func(s *stage) {
			s.ended()
			copied := s.found("/v2/forms", url.Values{"organization": {s.other}, "sort": {"name"}})
			if len(copied) != 2 || copied[0]["name"] != "Car" || copied[1]["name"] != "House" || len(copied[0]["fields"].([]any)) != 1 {
				s.t.Errorf("the other organization has %v, want both forms", copied)
			}
			if kept := s.found("/v2/forms", url.Values{"organization": {s.organization}}); len(kept) != 2 {
				s.t.Errorf("the organization has %v, want its forms", kept)
			}
		}},
	}
}

func distinct(words []string) bool {
	seen := map[string]bool{}
	for _, w := range words {
		seen[w] = true
	}
	return len(seen) == len(words)
}

var anyID = regexp.MustCompile(`[0-9a-f]{24}`)
