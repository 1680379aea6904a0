package chipchattest_test

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"bellhop/chipchat"
	"bellhop/chipchat/chipchattest"
)

// A test that fails says what was said, and what became of it.
func TestFailures(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := &recorder{TB: t}
		p := chipchattest.Start(r)
		p.Patience = 30 * time.Second
		unheard := func() string {
			return r.failure(func() {
				early := p.Contact("Early")
				early.Says("Hello")
				early.Hears("anything")
			})
		}
		if said := unheard(); !strings.Contains(said, "No webhook was told of it.\nThere is none: Connect makes one.") {
			t.Errorf("without a webhook the test says\n%s", said)
		}
		p.Connect(p.Bot(chipchat.Options{}), "mesage.**")
		if said := unheard(); !strings.Contains(said, ", active, for [mesage.**]") {
			t.Errorf("with a webhook that listens to something else the test says\n%s", said)
		}
		bot := p.Bot(chipchat.Options{})
		bot.On(chats+".contact", func(ctx context.Context, m *chipchat.Message, c *chipchat.Conversation) error {
			switch m.Text {
			case "crash":
				return errors.New("the bot has a fault")
			case "mumble":
				return c.Say(ctx, "To myself")
			}
			return say(ctx, c, "You said: "+m.Text, chipchat.Action{Type: "reply", Text: "Yes"})
		})
		p.Connect(bot, chats)
		jenny, ada := p.Contact("Jenny"), p.Agent("Ada")
		jenny.Says("Hello")
		p.Settled()
		story := []string{"The conversation:", "Jenny   ", "Hello\n", "to Jenny", "You said: Hello  [Yes]\n", "Its deliveries:", `message.create.contact.chat "Hello": delivered, attempts: 1`}

		for _, test := range []struct {
			name string
			test func()
			want []string
		}{
			{"another text", func() { jenny.Hears("You said: Bye") }, append(story, `Jenny heard "You said: Hello" [Yes], want the text "You said: Bye"`)},
			{"nothing", func() { jenny.Hears("more") }, append(story, `Jenny heard nothing within 30s, want "more"`)},
			{"a button that is missing", func() { jenny.Presses("No") }, append(story, `Jenny has no button "No" to press; there is [Yes]`)},
			{"something", func() { ada.HearsNothing(jenny) }, append(story, `Ada heard "You said: Hello" [Yes], want nothing`)},
			{"another text for an agent", func() { ada.Hears(jenny, regexp.MustCompile("^no$")) }, append(story, `want a text that matches ^no$`)},
			{"what is no message", func() { jenny.Hears(17) }, []string{"not as int"}},
			{"a bot that fails", func() {
				jenny.Says("crash")
				jenny.Hears("anything")
			}, []string{`"crash": dead, attempts: 1, the last: status 400`}},
			{"a bot that talks to users alone", func() {
				jenny.Says("mumble")
				jenny.Hears("To myself")
			}, []string{`Jenny heard nothing within 30s, want "To myself"; "To myself" was said to users alone: contacts hear what has the role agent`}},
			{"what nobody may say", func() { jenny.Says("") }, []string{`Jenny says ""`, "text"}},
			{"a command that is refused", func() { ada.Assigns(jenny, "000000000000000000000000") }, []string{`Ada sends "/assign"`, "User not found"}},
			{"deliveries that do not finish", func() {
				p.Down(time.Hour)
				jenny.Says("Hello?")
				p.Settled()
			}, []string{"after 30s there are deliveries that have not finished", ": pending, attempts: ", "connection refused", "the next at 00:"}},
			{"an order of one", func() { p.Reorder(1) }, []string{"Reorder(1)"}},
			{"a bot from elsewhere", func() {
				stranger, err := chipchat.New(chipchat.Options{Secret: "s"})
				if err != nil {
					t.Error(err)
				}
				p.Connect(stranger)
			}, []string{"do not come from Options or Bot"}},
			{"a handler without the challenge", func() {
				p.Calm()
				p.ConnectHandler(nil, http.NotFoundHandler())
			}, []string{"its webhook is unverified"}},
			{"options that are wrong", func() { p.Bot(chipchat.Options{Host: "::"}) }, []string{"make a bot"}},
		} {
			said := r.failure(test.test)
			for _, want := range test.want {
				if !strings.Contains(said, want) {
					t.Errorf("%s: the test says\n%s\nwithout %q", test.name, said, want)
				}
			}
		}
	})
}
