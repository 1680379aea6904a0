//go:build !race

package main_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
)

// TestDelayedThroughACrash kills the server while messages wait, and again while they are posted:
// each is there once, in the order in which they were due.
func TestDelayedThroughACrash(t *testing.T) {
	bin := bellhop(t)
	t.Parallel()
	s := newServer(t, bin)
	admin := s.login()
	receiver := newReceiver(t, func(string, notification) (int, any) { return http.StatusOK, nil })
	admin.newWebhook("all", object{"url": receiver.URL, "events": []string{"message.create.agent.chat"}})
	var conversation struct{ ID string }
	admin.must(http.StatusCreated, "POST", "/v2/conversations", object{}, &conversation)
	path := "/v2/conversations/" + conversation.ID + "/messages"

	const waiting = 90
	var drafts []object
	var want []string
	for i := range waiting {
		want = append(want, fmt.Sprint(i))
		drafts = append(drafts, object{"text": want[i], "delay": 1500 + 5*i})
	}
	drafts[3]["delay"] = 3_600_000 // it is taken back, and must not be due before
	var posted []struct{ ID, CreatedAt string }
	admin.must(http.StatusCreated, "POST", path, drafts, &posted)
	admin.must(http.StatusOK, "GET", "/v2/messages/"+posted[3].ID, nil, nil)
	admin.must(http.StatusConflict, "PATCH", "/v2/messages/"+posted[3].ID, object{"text": "other"}, nil)
	admin.must(http.StatusNoContent, "DELETE", "/v2/messages/"+posted[3].ID, nil, nil)
	admin.must(http.StatusNotFound, "GET", "/v2/messages/"+posted[3].ID, nil, nil)
	want = slices.Delete(want, 3, 4)
	s.kill()
	s.start()
	eventually(t, "the first message is posted", func() bool { return len(admin.messages(conversation.ID)) > 0 })
	s.kill()
	s.start()
	eventually(t, "all are posted", func() bool { return len(admin.messages(conversation.ID)) >= len(want) })
	admin.settled()
	var texts []string
	for _, m := range admin.messages(conversation.ID) {
		texts = append(texts, m.Text)
	}
	if !slices.Equal(texts, want) {
		t.Errorf("messages = %q, want %q", texts, want)
	}
	if n := receiver.different("message.create.agent.chat"); n != len(want) {
		t.Errorf("%d events, want %d", n, len(want))
	}
}

// TestLoopsAreStopped lets two bots answer each other's messages at once. The limit is so low that the loop is there within
// its minute on any machine.
func TestLoopsAreStopped(t *testing.T) {
	bin := bellhop(t)
	t.Parallel()
	const limit = 12
	s := newServer(t, bin, "env", fmt.Sprintf("BELLHOP_LOOP_LIMIT=%d", limit))
	admin := s.login()
	bots := []credentials{admin.newBot("Ping"), admin.newBot("Pong")}
	receiver := newReceiver(t, func(path string, n notification) (int, any) {
		me := slices.Index([]string{"/ping", "/pong"}, path)
		if me < 0 || n.Data.Message.User == bots[me].ID {
			return http.StatusOK, nil
		}
		return http.StatusOK, object{"token": bots[me].Token, "messages": []object{{"text": path, "role": "agent"}}}
	})
	for _, path := range []string{"/ping", "/pong"} {
		admin.newWebhook(path, object{"url": receiver.URL + path, "events": []string{contactChat}})
	}
	admin.newWebhook("watch", object{"url": receiver.URL, "events": []string{"conversation.loop"}})
	conversation := admin.newConversation("Jenny", "hello")

	eventually(t, "the loop is told of", func() bool { return receiver.different("conversation.loop") > 0 })
	admin.settled()
	if n := len(admin.messages(conversation)); n != 1+limit {
		t.Errorf("%d messages, want that of the contact and %d", n, limit)
	}
	for _, d := range admin.deliveries("") {
		if d.Status != "delivered" {
			t.Errorf("delivery %+v: its answer was refused, not the delivery", d)
		}
	}
	bot := admin
	bot.token = bots[0].Token
	bot.must(http.StatusTooManyRequests, "POST", "/v2/conversations/"+conversation+"/messages", object{"text": "x"}, nil)
	bot.must(http.StatusCreated, "POST", "/v2/conversations/"+conversation+"/messages", object{"text": "/set a b"}, nil)
	admin.say(conversation, "stop it")
	bot.must(http.StatusCreated, "POST", "/v2/conversations/"+conversation+"/messages", object{"text": "x"}, nil)
}
