//go:build !race

package main_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// newShop makes a bot that sells shirts, and hears of what contacts say: it answers in the answer to its webhook.
func newShop(t *testing.T, admin api) {
	t.Helper()
	var bot struct{ ID string }
	admin.must(http.StatusCreated, "POST", "/v2/bots", object{"name": "Shirt shop"}, &bot)
	receiver := newReceiver(t, func(_ string, n notification) (int, any) {
		text := n.Data.Message.Text
		switch {
		case n.Event == "message.create.contact.postback" && text == "SIZE_L":
			return http.StatusOK, object{"messages": []object{{"text": "Large it is.", "role": "agent"}}}
		case n.Event == "message.create.contact.chat" && strings.HasPrefix(text, "A shirt"):
			return http.StatusOK, object{"messages": []object{{"text": "Which size?", "role": "agent", "actions": []object{
				{"type": "reply", "text": "Small", "payload": "SIZE_S"}, {"type": "reply", "text": "Large", "payload": "SIZE_L"},
			}}}}
		}
		return http.StatusOK, object{}
	})
	admin.must(http.StatusCreated, "POST", "/v2/services", object{
		"name": "Shop", "type": "webhook", "bot": bot.ID, "params": object{"url": receiver.URL, "events": []string{"message.create.**"}},
	}, nil)
}

// A bot author tries a bot without any channel: he speaks in a contact's place, sees what is delivered and what the bot
// answers, presses its buttons and gives commands, and never loads the page again.
func TestTalk(t *testing.T) {
	chromium := sharedChromium(t)
	bin := bellhop(t)
	t.Parallel()
	s := newServer(t, bin)
	admin := s.login()
	newShop(t, admin)
	for _, c := range []struct {
		name     string
		width    int64
		hand     func(*browser) hand
		noScript bool
	}{
		{"mouse", 1440, withMouse, false},
		{"keyboard", 1440, withKeyboard, false},
		{"phone without JavaScript", 390, withMouse, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBrowser(t, chromium, c.width, c.noScript)
			h := c.hand(b)
			b.logIn(h, s.url+"/conversations")
			h.press("link", "Start a conversation")
			contact := "Jenny with the " + c.name
			h.fill("Name of the contact", contact)
			h.fill("First message", "Hello")
			h.press("button", "Start the conversation")
			b.sees("Queued: nobody has accepted it yet.", "Hello")
			_, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](`window.sameDocument = true`))
			b.must(err)
			// again shows what has happened meanwhile, which a page with JavaScript does by itself.
			again := func() {
				if c.noScript {
					admin.settled()
					b.load("the page once more", chromedp.Reload())
				}
			}

			h.fill("Message", "A shirt, please")
			if c.noScript {
				h.press("button", "Send")
			} else {
				b.act(chromedp.KeyEvent(kb.Enter))
			}
			b.sees("A shirt, please")
			again()
			b.sees("Which size?", "answered: Which size?", "in the answer of Shop to A shirt, please", "1 delivered")
			b.shoot("conversation-" + strings.Fields(c.name)[0])
			h.press("button", "Large")
			b.sees("SIZE_L")
			again()
			b.sees("Large it is.", "in the answer of Shop to SIZE_L")

			speakAsCommand(b, h, contact)
			h.fill("Message", "accept")
			h.press("button", "Send")
			b.sees("A command begins with / or >")
			h.fill("Message", "/set mood good")
			h.press("button", "Send")
			b.sees(`"mood": "good"`, "Active: answered by Shirt shop.")
			b.shoot("conversation-command-" + strings.Fields(c.name)[0])
			h.press("button", "Close")
			b.sees("Closed: nobody is expected to answer.")
			h.press("button", "Reopen")
			b.sees("Queued: nobody has accepted it yet.")
			if !c.noScript {
				same, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](`window.sameDocument === true`))
				b.must(err)
				if !same {
					t.Error("the page was loaded again")
				}
			}
			h.press("link", "Conversations")
			b.find("link", contact)
			b.shoot("conversations-" + strings.Fields(c.name)[0])
		})
	}
}

// speakAsCommand chooses the last way to speak. The keyboard reaches the one that is chosen, and goes on with the arrows.
func speakAsCommand(b *browser, h hand, contact string) {
	b.t.Helper()
	k, ok := h.(keyboard)
	if !ok {
		h.press("radio", "Command")
		return
	}
	k.reach("radio", contact)
	for range 3 {
		b.act(chromedp.KeyEvent(kb.ArrowRight))
	}
	if at := b.focused(); at != (named{"radio", "Command"}) {
		b.t.Fatalf("the arrows lead to %+v", at)
	}
}
