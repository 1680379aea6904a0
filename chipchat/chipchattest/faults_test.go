package chipchattest_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"bellhop/chipchat"
	"bellhop/chipchat/chipchattest"
)

// What goes wrong is what the bot meets, and the server does what it always does about it.
func TestFaults(t *testing.T) {
	inBubble(t, func(t *testing.T, p *chipchattest.Platform) {
		bot := newParrot(p)
		p.Connect(bot.Bot, chats)
		for _, test := range []struct {
			name          string
			fault         func()
			heard         int           // how often the bot is told
			after, before time.Duration // of the last time
			attempts      string        // as the server sees them
		}{
			{"nothing", func() {}, 1, 0, time.Second, "delivered, 200 "},
			{"Repeat", func() { p.Repeat(2) }, 3, 0, time.Second, "delivered, 200 "},
			{"Delay", func() { p.Delay(15 * time.Second) }, 1, 15 * time.Second, 16 * time.Second, "delivered, 200 "},
			{"Drop", func() { p.Drop(2) }, 1, 27 * time.Second, 34 * time.Second, "delivered, 0 incomplete answer, 0 incomplete answer, 200 "},
			{"DropAnswers", func() { p.DropAnswers(1) }, 2, 9 * time.Second, 12 * time.Second, "delivered, 0 incomplete answer, 200 "},
			{"Timeout", func() { p.Timeout(1) }, 2, 29 * time.Second, 32 * time.Second, "delivered, 0 timeout, 200 "},
			{"Down", func() { p.Down(20 * time.Second) }, 1, 27 * time.Second, 34 * time.Second,
				"delivered, 0 connection refused, 0 connection refused, 200 "},
			{"Calm", func() {
				p.Down(time.Hour)
				p.Drop(1)
				p.DropAnswers(1)
				p.Timeout(1)
				p.Repeat(1)
				p.Delay(time.Second)
				p.Reorder(2)
				p.Calm()
			}, 1, 0, time.Second, "delivered, 200 "},
		} {
			t.Log(test.name)
			c, begin := p.Contact("Jenny"), time.Now()
			test.fault()
			c.Says("Hello")
			p.Settled()
			p.Calm()
			_, times := bot.took()
			if len(times) != test.heard {
				t.Fatalf("%s: the bot was told %d times, want %d", test.name, len(times), test.heard)
			}
			if took := times[test.heard-1].Sub(begin); took < test.after || took > test.before {
				t.Errorf("%s: the last time was after %v, want %v to %v", test.name, took, test.after, test.before)
			}
			if got := attempts(p.Deliveries(), c); got != test.attempts {
				t.Errorf("%s: the server says %q, want %q", test.name, got, test.attempts)
			}
			for range test.heard {
				c.Hears("You said: Hello")
			}
			c.HearsNothing()
		}

		// A virtual day.
		c := p.Contact("Jenny")
		p.Down(25 * time.Hour)
		begin := time.Now()
		c.Says("Hello")
		p.Settled()
		if took := time.Since(begin); took < 20*time.Hour || took > p.Patience {
			t.Errorf("the server has given up after %v, want about a day", took)
		}
		if _, times := bot.took(); len(times) > 0 {
			t.Error("the bot was told although nobody was there")
		}
		if got := attempts(p.Deliveries(), c); got[:4] != "dead" {
			t.Errorf("the server says %q, want dead", got)
		}
	})
}

// attempts tells what became of what a contact has said first.
func attempts(deliveries []chipchat.Delivery, c *chipchattest.Contact) string {
	at := slices.IndexFunc(deliveries, func(d chipchat.Delivery) bool { return d.Key == string(c.Conversation().ID) })
	line := deliveries[at].Status
	for _, a := range deliveries[at].Log {
		line += fmt.Sprintf(", %d %s", a.Status, a.Error)
	}
	return line
}

// A bot may be told of what was said in another order.
func TestReorder(t *testing.T) {
	inBubble(t, func(t *testing.T, p *chipchattest.Platform) {
		bot := newParrot(p)
		p.Connect(bot.Bot, chats)
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
			jenny := p.Contact("Jenny")
			p.Reorder(test.size)
			for i, text := range test.spoken {
				if i == test.size {
					p.Settled()
				}
				jenny.Says(text)
			}
			p.Settled()
			p.Calm()
			if got, _ := bot.took(); !slices.Equal(got, test.want) {
				t.Errorf("%s: the bot heard %q, want %q", test.name, got, test.want)
			}
		}
		for _, d := range p.Deliveries() {
			if d.Attempts != 1 || d.Status != "delivered" {
				t.Errorf("a delivery is %s after %d attempts, want it delivered at once", d.Status, d.Attempts)
			}
		}
	})
}
