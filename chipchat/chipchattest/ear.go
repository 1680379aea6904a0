package chipchattest

import (
	"fmt"

	"bellhop/chipchat"
)

// ear is somebody who listens in a conversation: a contact, or an agent.
type ear struct {
	platform     *Platform
	name         string
	conversation chipchat.ID
	hears        func(*chipchat.Message) bool
	heard        map[chipchat.ID]bool
	misses       func([]chipchat.Message) string // says why somebody hears nothing, if these are the reason; may be nil
}

// next returns the oldest message that is not heard yet, or nil.
func (e *ear) next() *chipchat.Message {
	e.platform.tb.Helper()
	for _, m := range e.platform.messages(e.conversation) {
		if !e.heard[m.ID] && e.hears(&m) {
			return &m
		}
	}
	return nil
}

// expect waits for the wanted messages, one after the other, and returns the last of them.
func (e *ear) expect(wants []any) *chipchat.Message {
	p := e.platform
	p.tb.Helper()
	var last *chipchat.Message
	spoke := func() bool {
		p.tb.Helper()
		last = e.next()
		return last != nil
	}
	for _, v := range wants {
		want, err := wantOf(v)
		if err != nil {
			p.tb.Fatalf("chipchattest: %v", err)
		}
		if !p.eventually(spoke) {
			missed := ""
			if e.misses != nil {
				missed = e.misses(p.messages(e.conversation))
			}
			p.tb.Fatalf("%s heard nothing within %v, want %s%s\n%s", e.name, p.Patience, want, missed, p.story(e.conversation))
		}
		e.heard[last.ID] = true
		if wrong := want.wrong(last); wrong != "" {
			p.tb.Fatalf("%s heard %s, %s\n%s", e.name, spoken(last), wrong, p.story(e.conversation))
		}
	}
	return last
}

// expectNothing fails if there is a message that was not heard yet when all deliveries have finished.
func (e *ear) expectNothing() {
	p := e.platform
	p.tb.Helper()
	p.Settled()
	if m := e.next(); m != nil {
		p.tb.Fatalf("%s heard %s, want nothing\n%s", e.name, spoken(m), p.story(e.conversation))
	}
}

// messages are all messages of a conversation, the oldest first.
func (p *Platform) messages(conversation chipchat.ID) []chipchat.Message {
	p.tb.Helper()
	query := chipchat.Query{"conversation": conversation, "sort": "createdAt", "limit": 1000}
	all, err := p.API.Messages.All(p.ctx, query, everything)
	if err != nil {
		p.tb.Fatalf("chipchattest: list messages: %v", err)
	}
	return all
}

// spoken is a message in a sentence.
func spoken(m *chipchat.Message) string {
	text := fmt.Sprintf("%q", m.Text)
	if len(m.Actions) > 0 {
		text += " " + brackets(buttons(m))
	}
	return text
}
