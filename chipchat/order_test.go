package chipchat

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func messageID(n int) ID { return ID(fmt.Sprintf("m%d", n)) }

// deliveryOf is the n-th message of a conversation, a second after the one before, with those before it in the list;
// other ones are not in it.
func deliveryOf(t testing.TB, n int, others ...int) string {
	var before []ID
	for i := 1; i <= n; i++ {
		if !slices.Contains(others, i) {
			before = append(before, messageID(i))
		}
	}
	body := string(delivery(t, chat, fields{"id": messageID(n), "text": fmt.Sprint(n)}, fields{"messages": before}))
	body = strings.Replace(body, "2024-05-26T10:20:00.412Z", fmt.Sprintf("2024-05-26T10:20:%02d.412Z", n), 1)
	return strings.Replace(body, "5f0c6d2e-1b7a-11ef-9c3d-2f6a1e4b8d91", fmt.Sprintf("5f0c6d2e-1b7a-11ef-9c3d-2f6a1e4b8d%02d", n), 1)
}

// scene is a bot whose handler notes the texts it gets and when, and works for a while at each.
type scene struct {
	bot   *Bot
	begun time.Time
	work  time.Duration
	act   func(ctx context.Context, text string)

	mu    sync.Mutex
	notes []string
	posts sync.WaitGroup
}

func newScene(t *testing.T, o Order) *scene {
	s := &scene{begun: time.Now()}
	s.bot = newBot(t, echoes(), func(options *Options) { options.Order = &o })
	s.bot.OnEvent("message.create.*.* conversation.update", func(ctx context.Context, e *Event) error {
		text := e.Name
		if e.Message != nil {
			text = e.Message.Text
		}
		if e.Late {
			text += " late"
		}
		s.mu.Lock()
		s.notes = append(s.notes, fmt.Sprintf("%s %v", text, time.Since(s.begun)))
		s.mu.Unlock()
		if s.act != nil {
			s.act(ctx, text)
		}
		time.Sleep(s.work)
		return ctx.Err()
	})
	return s
}

// arrive has a delivery come while others are under way, and waits until it can't go on.
func (s *scene) arrive(t *testing.T, body string) {
	s.posts.Go(func() {
		if w := post(s.bot, body, ""); w.Code != 200 {
			t.Errorf("POST = %d %s", w.Code, w.Body)
		}
	})
	synctest.Wait()
}

func (s *scene) end(t *testing.T, want ...string) {
	t.Helper()
	s.posts.Wait()
	if err := s.bot.Drain(t.Context()); err != nil {
		t.Errorf("Drain = %v", err)
	}
	if !slices.Equal(s.notes, want) {
		t.Errorf("handled %q, want %q", s.notes, want)
	}
}

func TestOrder(t *testing.T) {
	cases := []struct {
		name   string
		order  Order
		work   time.Duration
		arrive []int // a number has that message come, 0 lets half a second pass
		want   []string
	}{
		{"one after another", Order{}, 2 * time.Second, []int{1, 2, 3}, []string{"1 0s", "2 2s", "3 4s"}},
		{"out of order, while another is handled", Order{}, 2 * time.Second, []int{1, 4, 3, 2},
			[]string{"1 0s", "2 2s", "3 4s", "4 6s"}},
		{"a gap is waited for", Order{}, 0, []int{1, 3, 0, 2}, []string{"1 0s", "2 500ms", "3 500ms"}},
		{"not longer than a second", Order{}, 0, []int{1, 3, 0, 0, 0, 2}, []string{"1 0s", "3 1s", "2 late 1.5s"}},
		{"as long as the author says", Order{Gap: 3 * time.Second}, 0, []int{1, 4, 0, 0, 0, 3, 0, 2},
			[]string{"1 0s", "2 2s", "3 2s", "4 2s"}},
		{"not at all", Order{Gap: -1}, 0, []int{1, 3, 0, 2}, []string{"1 0s", "3 0s", "2 late 500ms"}},
		{"those behind a gap wait for it together", Order{}, 0, []int{1, 3, 4, 0, 5, 0, 0},
			[]string{"1 0s", "3 1s", "4 1s", "5 1s"}},
		{"a gap that was given up delays nobody else", Order{}, 0, []int{1, 3, 0, 0, 0, 4},
			[]string{"1 0s", "3 1s", "4 1.5s"}},
		{"the first that is heard of waits for nothing", Order{}, 0, []int{7, 8}, []string{"7 0s", "8 0s"}},
		{"a handler that does not return", Order{Hold: 3 * time.Second}, time.Minute, []int{1, 2}, []string{"1 0s", "2 3s"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newScene(t, c.order)
				s.work = c.work
				for _, n := range c.arrive {
					if n == 0 {
						time.Sleep(500 * time.Millisecond)
						continue
					}
					s.arrive(t, deliveryOf(t, n))
				}
				s.end(t, c.want...)
			})
		})
	}
}

// What a late event carries is older than what the bot knows.
func TestLateEventsDoNotTurnTheMemoryBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, Order{Gap: -1})
		var steps []string
		s.bot.On("message.create.*.*", func(_ context.Context, _ *Message, c *Conversation) error {
			steps = append(steps, c.Get("step"))
			return nil
		})
		for _, n := range []int{1, 3, 2} {
			s.arrive(t, strings.Replace(deliveryOf(t, n), `"step":"1"`, fmt.Sprintf(`"step":"of %d"`, n), 1))
		}
		s.end(t, "1 0s", "3 0s", "2 late 0s")
		if want := []string{"of 1", "of 3", "of 3"}; !slices.Equal(steps, want) {
			t.Errorf("steps %q, want %q", steps, want)
		}
	})
}

func TestOrderGapOfOwnMessages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, Order{})
		s.bot = newBot(t, &server{answer: func(request) (int, http.Header, string) {
			return 201, nil, `{"id":"m2"}`
		}}, func(o *Options) { o.Order = &Order{} })
		var at []time.Duration
		s.bot.On("message.create.*.*", func(ctx context.Context, m *Message, c *Conversation) error {
			at = append(at, time.Since(s.begun))
			return c.Say(ctx, "you said "+m.Text)
		})
		s.arrive(t, deliveryOf(t, 1))
		s.arrive(t, deliveryOf(t, 3))
		s.end(t)
		if !slices.Equal(at, []time.Duration{0, 0}) {
			t.Errorf("handled at %v: the bot's own message was waited for", at)
		}
	})
}

func TestOrderOfEqualTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, Order{})
		s.work = time.Second
		same := func(n int) string {
			return strings.Replace(deliveryOf(t, n), fmt.Sprintf("10:20:%02d", n), "10:20:01", 1)
		}
		update := strings.Replace(same(3), chat, "conversation.update", 1)
		s.arrive(t, same(1))
		s.arrive(t, same(4))
		s.arrive(t, same(3))
		s.arrive(t, update) // says nothing of its place
		s.arrive(t, same(2))
		s.end(t, "1 0s", "2 1s", "3 2s", "4 3s", "conversation.update 4s")
	})
}

func TestOrderIsOfAConversation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, Order{})
		s.work = time.Second
		s.arrive(t, deliveryOf(t, 1))
		s.arrive(t, strings.ReplaceAll(deliveryOf(t, 2), string(testConversation), "another"))
		s.end(t, "1 0s", "2 0s")
	})
}

func TestOrderYield(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, Order{})
		next := make(chan string)
		s.act = func(ctx context.Context, text string) {
			switch text {
			case "1":
				Yield(ctx)
				Yield(ctx)
				if got := <-next; got != "2" {
					t.Errorf("got %q", got)
				}
			case "2":
				next <- text
			}
		}
		Yield(t.Context()) // belongs to no event
		s.arrive(t, deliveryOf(t, 1))
		s.arrive(t, deliveryOf(t, 2))
		s.end(t, "1 0s", "2 0s")
	})
}

func TestOrderBounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, Order{Waiting: 2})
		s.work = 10 * time.Second
		for n := 1; n <= 3; n++ {
			s.arrive(t, deliveryOf(t, n))
		}
		if w := post(s.bot, deliveryOf(t, 4), ""); w.Code != 503 || w.Header().Get("Retry-After") == "" {
			t.Errorf("one too many = %d %s", w.Code, w.Body)
		}
		begun := time.Now()
		s.posts.Wait()
		if took := time.Since(begun); took != answerWithin { // the third begins at 20s
			t.Errorf("answered after %v", took)
		}
		s.end(t, "1 0s", "2 10s", "3 20s")
		if len(s.bot.slots) != 0 {
			t.Errorf("%d slots are taken", len(s.bot.slots))
		}
	})
}

func TestOrderForgets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBot(t, answers(500), func(o *Options) { o.Order = &Order{} })
		enter := func(id ID) {
			t.Helper()
			turn, ok := b.orders.enter(&Event{Name: "conversation.update", Conversation: &Conversation{ID: id}}, time.Now())
			if !ok {
				t.Fatal("no room")
			}
			turn.leave()
			turn.leave()
		}
		for i := range lineCount + 10 {
			enter(ID(fmt.Sprint(i)))
		}
		if n := len(b.orders.byKey); n != lineCount || b.orders.idle.Len() != n {
			t.Errorf("%d conversations are remembered", n)
		}
		time.Sleep(lineAge)
		enter("x")
		if n := len(b.orders.byKey); n != 1 {
			t.Errorf("%d conversations are remembered after %v", n, lineAge)
		}
		l := b.orders.byKey[conversationKey("x")]
		var created []Message
		for i := range 10 * maxCome {
			created = append(created, Message{ID: messageID(i)})
		}
		b.orders.sent("x", created)
		if len(l.come) > maxCome {
			t.Errorf("%d messages are remembered", len(l.come))
		}
	})
}

func TestOrderOfEventsWithoutConversation(t *testing.T) {
	os := newOrders(&Order{}, nil)
	ada := &Event{Name: "user.update", Activity: &Activity{Object: ActivityParty{ID: "https://api.example.test/v2/users/1"}}}
	first, ok := os.enter(ada, time.Now())
	second, _ := os.enter(ada, time.Now())
	if !ok || first.line != second.line {
		t.Error("events of one user do not wait for each other")
	}
	if turn, ok := os.enter(&Event{Name: "order.created"}, time.Now()); turn != nil || !ok {
		t.Error("an event of nothing waits")
	}
}
