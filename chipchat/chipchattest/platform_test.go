package chipchattest_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"bellhop/chipchat"
	"bellhop/chipchat/chipchattest"
)

// Without a bubble all is the same, in real time, and platforms do not see each other.
func TestPlatformsInRealTime(t *testing.T) {
	t.Parallel()
	platforms := []*chipchattest.Platform{chipchattest.Start(t), chipchattest.Start(t)}
	for i, p := range platforms {
		name := []string{"Jenny", "Tom"}[i]
		if p.Patience > time.Minute {
			t.Errorf("what does not come is waited for %v", p.Patience)
		}
		p.Patience = 10 * time.Minute // all of it comes, on a busy machine too
		bot := newParrot(p)
		p.Connect(bot.Bot, chats)
		c := p.Contact(name)
		c.Says("I am " + name)
		c.Hears("You said: I am " + name)
		c.HearsNothing()
	}
	for _, p := range platforms {
		if all, err := p.API.Contacts.List(t.Context(), nil); err != nil || len(all.Items) != 1 {
			t.Errorf("a platform has %d contacts, %v, want its own", len(all.Items), err)
		}
	}
}

// Whatever bots do when the test ends: they are waited for, or synctest would find their goroutines.
func TestEnd(t *testing.T) {
	t.Parallel()
	var ended []string
	synctest.Test(t, func(t *testing.T) {
		p := chipchattest.Start(t)
		bot := p.Bot(chipchat.Options{})
		bot.OnText(chipchat.Text("wait"), func(ctx context.Context, m *chipchat.Message, c *chipchat.Conversation) error {
			<-ctx.Done() // when the platform has had enough
			ended = append(ended, m.Text)
			return ctx.Err()
		})
		bot.OnText(chipchat.Text("work"), func(ctx context.Context, m *chipchat.Message, c *chipchat.Conversation) error {
			time.Sleep(2 * time.Second)
			ended = append(ended, m.Text)
			return say(context.WithoutCancel(ctx), c, "done")
		})
		p.Connect(bot, chats)
		for _, text := range []string{"wait", "work"} {
			p.Contact("Jenny").Says(text)
		}
		synctest.Wait() // until both are at it
		p.Timeout(1)
		p.Contact("Tom").Says("nobody answers this")
		synctest.Wait()
		p.Reorder(2)
		p.Contact("Tom").Says("and this is held")
		synctest.Wait()
	})
	if got := strings.Join(ended, " "); got != "work wait" {
		t.Errorf("at the end these had ended: %q, want work, then wait", got)
	}
}

// A program may have its own options, and its own handler around the bot.
func TestConnectHandler(t *testing.T) {
	inBubble(t, func(t *testing.T, p *chipchattest.Platform) {
		log := slog.New(slog.DiscardHandler)
		o := p.Options(chipchat.Options{Secret: "of the program", Logger: log, IgnoreUnjoined: true})
		if o.Secret != "of the program" || o.Logger != log || !o.IgnoreUnjoined || o.Token == "" || o.RefreshToken == "" || o.Host != p.URL || !strings.HasPrefix(o.Email, "bot+") {
			t.Errorf("the options are not those that were given with what was missing: host %s, email %s", o.Host, o.Email)
		}
		bot, err := chipchat.New(o)
		if err != nil {
			t.Fatal(err)
		}
		bot.OnEvent("contact.create", func(context.Context, *chipchat.Event) error { return nil })
		passed := 0
		service := p.ConnectHandler(bot, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			passed++
			bot.Handler().ServeHTTP(w, r)
		}), "contact.create")
		if service.Bot != bot.Auth().User || service.Params["secret"] != "of the program" {
			t.Errorf("the webhook is of %s", service.Bot)
		}
		p.Contact("Jenny")
		p.Settled()
		if d := p.Deliveries(); passed != 2 || len(d) != 1 || d[0].Status != "delivered" {
			t.Errorf("%d requests passed and %d deliveries were made, want the challenge and one", passed, len(d))
		}
	})
}

// A receiver without the SDK, and strangers who post to it.
func TestConnectHandlerAlone(t *testing.T) {
	inBubble(t, func(t *testing.T, p *chipchattest.Platform) {
		good, bad := 0, 0
		service := p.ConnectHandler(nil, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodGet {
				_, _ = io.WriteString(w, r.URL.Query().Get("challenge"))
				return
			}
			body, _ := io.ReadAll(r.Body)
			if !chipchat.Verify(p.Secret, body, r.Header.Get("X-Hub-Signature")) {
				bad++
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			good++
		}), "contact.*")
		p.Contact("Jenny")
		p.Settled()
		if service.Bot != "" || good != 1 || bad != 0 {
			t.Errorf("%d deliveries were signed and %d not, want one that is", good, bad)
		}
		resp, err := p.Client().Post(service.Params["url"].(string), "application/json", strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusUnauthorized || bad != 1 {
			t.Errorf("a stranger was answered %s", resp.Status)
		}
		// There is nothing beyond the test.
		for _, url := range []string{"http://example.com/", "http://127.0.0.1:1/"} {
			if resp, err := p.Client().Get(url); err == nil {
				resp.Body.Close()
				t.Errorf("%s was answered %s", url, resp.Status)
			}
			params := map[string]any{"url": url}
			s, err := p.API.Services.Create(t.Context(), map[string]any{"name": "Elsewhere", "type": "webhook", "params": params})
			if err != nil || s.Status != "unverified" {
				t.Errorf("a webhook at %s is %v, %v", url, s, err)
			}
		}
	})
}

// BenchmarkStart is what a test pays before it begins.
func BenchmarkStart(b *testing.B) {
	for b.Loop() {
		chipchattest.Start(b)
	}
}
