package tunnel_test

import (
	"bytes"
	"encoding/gob"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"bellhop/internal/tunnel/wire"
)

// letter is what nodes bring each other, as it was in the first version.
type letter struct {
	ID      string
	Request *struct {
		Tunnel, Owner string
		Frame         []byte
	}
	Reply *struct {
		Status  int
		Message string
		Away    bool
	}
}

// bring brings a request to a tunnel here, as another node does.
func (h *house) bring(l *listener) {
	h.Helper()
	frame, err := wire.Encode(wire.Request{ID: 1, Method: "POST", Path: "/relayed"})
	if err != nil {
		h.Fatal(err)
	}
	question := letter{ID: "1"}
	question.Request = &struct {
		Tunnel, Owner string
		Frame         []byte
	}{l.ready.Tunnel, "far", frame}
	var text bytes.Buffer
	if err := gob.NewEncoder(&text).Encode(question); err != nil {
		h.Fatal(err)
	}
	if _, err := h.tunnels.Answer(h.Context(), neighbor, text.Bytes()); err != nil {
		h.Fatal(err)
	}
	synctest.Wait()
}

// What a node has asked for that died meanwhile is delivered by another one: it is not sent twice.
func TestRelayedForOneThatIsGone(t *testing.T) {
	for name, test := range map[string]struct{ before, after, sent bool }{
		"it is there":               {true, true, true},
		"it has gone":               {true, false, false},
		"nobody knows of it so far": {false, false, true},
	} {
		inHouse(t, name, func(h *house) {
			h.neighbor.Store(test.before)
			l := h.listen("default").hear()
			for range wire.MaxUnderWay {
				h.posting(l, time.Minute)
			}
			synctest.Wait()
			h.bring(l)
			h.neighbor.Store(test.after)
			for range wire.MaxUnderWay {
				l.send(wire.Response{ID: l.next().ID, Status: 200})
			}
			if test.sent {
				l.send(wire.Response{ID: l.next().ID, Status: 201})
			}
			var reply letter
			if err := gob.NewDecoder(bytes.NewReader(<-h.neighborHears)).Decode(&reply); err != nil {
				h.Fatal(err)
			}
			if len(l.got) > 0 {
				h.Errorf("%#v was sent", <-l.got)
			}
			if r := reply.Reply; r == nil || r.Away == test.sent || strings.Contains(r.Message, "Nobody") == test.sent {
				h.Errorf("the reply is %+v", r)
			}
		})
	}
}
