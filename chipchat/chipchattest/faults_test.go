package chipchattest_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"bellhop/chipchat/chipchattest"
)

func TestRepeat(t *testing.T) {
	inBubble(t, func(t *testing.T, p *chipchattest.Platform) {
		bot := newParrot(p)
		p.Connect(bot.Bot, chats)
		jenny := p.Contact("Jenny")
		p.Repeat(2)
		jenny.Says("Hello")
		jenny.Hears("You said: Hello", "You said: Hello", "You said: Hello")
		p.Repeat(0)
		jenny.Says("Bye")
		jenny.Hears("You said: Bye")
		jenny.HearsNothing()
		for _, d := range p.Deliveries() {
			if d.Attempts != 1 || d.Status != "delivered" {
				t.Errorf("the server knows of %d attempts and says %s, want one that was delivered", d.Attempts, d.Status)
			}
		}
	})
}

// A bot may be told of what was said in another order.
func TestReorder(t *testing.T) {
	for _, test := range []struct {
		name   string
		size   int
		spoken []string
		want   []string
	}{
		{"all", 3, []string{"a", "b", "c"}, []string{"c", "b", "a"}},
		{"then as usual", 2, []string{"a", "b", "c", "d"}, []string{"b", "a", "c", "d"}},
		{"fewer than expected", 4, []string{"a", "b"}, []string{"b", "a"}},
		{"one alone", 2, []string{"a"}, []string{"a"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, p *chipchattest.Platform) {
				bot := newParrot(p)
				p.Connect(bot.Bot, chats)
				jenny := p.Contact("Jenny")
				p.Reorder(test.size)
				for i, text := range test.spoken {
					if i == test.size {
						p.Settled()
					}
					jenny.Says(text)
				}
				p.Settled()
				if got := bot.texts(); !slices.Equal(got, test.want) {
					t.Errorf("the bot heard %q, want %q", got, test.want)
				}
				for _, d := range p.Deliveries() {
					if d.Attempts != 1 || d.Status != "delivered" {
						t.Errorf("a delivery is %s after %d attempts, want it delivered at once", d.Status, d.Attempts)
					}
				}
			})
		})
	}
}

func TestDelay(t *testing.T) {
	inBubble(t, func(t *testing.T, p *chipchattest.Platform) {
		bot := newParrot(p)
		p.Connect(bot.Bot, chats)
		jenny := p.Contact("Jenny")
		p.Delay(15 * time.Second)
		begin := time.Now()
		jenny.Says("Hello")
		jenny.Hears("You said: Hello")
		if waited := bot.times()[0].Sub(begin); waited < 15*time.Second || waited > 16*time.Second {
			t.Errorf("the delivery arrived after %v, want 15 s", waited)
		}
	})
}

// What goes wrong is tried again by the schedule of the server.
func TestLosses(t *testing.T) {
	for _, test := range []struct {
		name   string
		fault  func(p *chipchattest.Platform)
		heard  int           // how often the bot is told
		after  time.Duration // the last time, at least
		before time.Duration
		status string
	}{
		{"Drop", func(p *chipchattest.Platform) { p.Drop(2) }, 1, 27 * time.Second, 34 * time.Second, "delivered"},
		{"DropAnswers", func(p *chipchattest.Platform) { p.DropAnswers(1) }, 2, 9 * time.Second, 12 * time.Second, "delivered"},
		{"Timeout", func(p *chipchattest.Platform) { p.Timeout(1) }, 2, 29 * time.Second, 32 * time.Second, "delivered"},
		{"Down", func(p *chipchattest.Platform) { p.Down(time.Hour) }, 1, time.Hour, 2 * time.Hour, "delivered"},
		{"Down for more than a day", func(p *chipchattest.Platform) { p.Down(25 * time.Hour) }, 0, 0, 0, "dead"},
		{"Calm", func(p *chipchattest.Platform) {
			p.Down(time.Hour)
			p.Drop(1)
			p.DropAnswers(1)
			p.Timeout(1)
			p.Repeat(1)
			p.Delay(time.Second)
			p.Reorder(2)
			p.Calm()
		}, 1, 0, time.Second, "delivered"},
	} {
		t.Run(test.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, p *chipchattest.Platform) {
				bot := newParrot(p)
				p.Connect(bot.Bot, chats)
				jenny := p.Contact("Jenny")
				begin := time.Now()
				test.fault(p)
				jenny.Says("Hello")
				p.Settled()
				times := bot.times()
				if len(times) != test.heard {
					t.Fatalf("the bot was told %d times, want %d", len(times), test.heard)
				}
				if test.heard > 0 {
					if took := times[test.heard-1].Sub(begin); took < test.after || took > test.before {
						t.Errorf("the last time was after %v, want %v to %v", took, test.after, test.before)
					}
				}
				if status := p.Deliveries()[0].Status; status != test.status {
					t.Errorf("the delivery is %s, want %s", status, test.status)
				}
			})
		})
	}
}

// Each attempt is seen with what came of it.
func TestDeliveries(t *testing.T) {
	inBubble(t, func(t *testing.T, p *chipchattest.Platform) {
		bot := newParrot(p)
		p.Connect(bot.Bot, chats)
		p.DropAnswers(1)
		p.Contact("Jenny").Says("Hello")
		p.Settled()
		var got []string
		for _, d := range p.Deliveries() {
			line := d.Status
			for _, a := range d.Log {
				line += fmt.Sprintf(", %d %s", a.Status, a.Error)
			}
			if !strings.Contains(string(d.Payload), "Hello") {
				t.Errorf("the payload is %s", d.Payload)
			}
			got = append(got, line)
		}
		// What the contact said, and twice what the bot did.
		want := []string{"delivered, 0 incomplete answer, 200 ", "delivered, 200 ", "delivered, 200 "}
		if !slices.Equal(got, want) {
			t.Errorf("the deliveries are %q, want %q", got, want)
		}
	})
}
