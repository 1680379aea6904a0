package api_test

import (
	"encoding/json"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"bellhop"
)

// FuzzQuery sends any query to the lists of all kinds, and of events, deliveries and replays. Whatever it is, the answer is a
// page or says what is wrong with the query, within a bounded time. The lists have something of everything, so that what a query makes of it is carried out.
func FuzzQuery(f *testing.F) {
	h := open(f)
	conversation := h.conversation("Jenny", h.acme)
	_, bot := h.bot("Echo", h.acme, "bot")
	h.admin.create("/v2/botinstances", object{"bot": bot, "organization": h.acme})
	h.admin.create("/v2/services", object{"name": "T", "type": "twilio"})
	h.admin.must(202, "POST", "/v2/events", object{"event": "order.created", "data": object{"a": 1}}, nil)
	kinds := append([]*bellhop.Kind{bellhop.Events, bellhop.Deliveries, bellhop.Replays}, bellhop.Kinds()...)
	for _, kind := range bellhop.Kinds() {
		if kind.Open && kind != bellhop.Bots && kind != bellhop.BotInstances {
			h.admin.create("/v2/"+kind.Plural, object{"name": "A", "tags": []string{"a", "B"}, "meta": object{"a.b": 1, "a": object{"b": true}}, "conversation": conversation})
		}
	}
	for i := range kinds {
		for _, query := range []string{
			"", "createdAt=>=2024-01-31&name=~a&sort=-name,createdAt&limit=2&offset=1",
			"meta.a.b=[1,true]&type=contact&tags=!a&tags[]=b&select=id,meta.a&populate=organization,createdBy",
			"participants.user=" + bot + "&participants.inbox=true&status=![closed]&updatedAt=>2024-01-31",
			"organization=" + h.acme + "&orgPath=^" + h.top + "%23&id=!&role=agent&populate=contact,messages.conversation.contact",
			"conversation=" + conversation + "&text=$o&isBackchannel=false&delay=<1e3&sort=meta.a.b,-nosuch,id",
			"status=pending&service=x&event=order.created&eventId=018f4a2b-7c1d-7e3f-8a5b-0123456789ab&replayOf=&sort=-status,replay",
			"profile.telephone=%2B44&profile.x=&a[]=&a[]=b&sort=%00,&select=-a,-b.c&limit=-1&offset=99999999999", "?%FF=%E2%28&'%22=$&[]",
		} {
			f.Add(uint8(i), query)
		}
	}
	f.Fuzz(func(t *testing.T, kind uint8, query string) {
		r := httptest.NewRequest("GET", "/", nil)
		r.URL = &url.URL{Path: "/v2/" + kinds[int(kind)%len(kinds)].Plural, RawQuery: query}
		r.Header.Set("Authorization", "Bearer "+h.admin.token)
		w := httptest.NewRecorder()
		start := time.Now()
		h.handler.ServeHTTP(w, r)
		if w.Code != 200 && w.Code != 400 {
			t.Errorf("%s ? %q = %d %s", r.URL.Path, query, w.Code, w.Body)
		}
		if !json.Valid(w.Body.Bytes()) {
			t.Errorf("%s ? %q answers no JSON: %s", r.URL.Path, query, w.Body)
		}
		if log := h.log.take(); log != "" {
			t.Errorf("%s ? %q logs %s", r.URL.Path, query, log)
		}
		if took := time.Since(start); took > 5*time.Minute {
			t.Errorf("%s ? %q took %s", r.URL.Path, query, took)
		}
		// What a link leads to is the same list.
		if address := next(w.Header().Get("Link")); address != "" {
			again := httptest.NewRequest("GET", address, nil)
			again.Header.Set("Authorization", "Bearer "+h.admin.token)
			v := httptest.NewRecorder()
			h.handler.ServeHTTP(v, again)
			if v.Code != 200 || v.Header().Get("X-Total-Count") != w.Header().Get("X-Total-Count") {
				t.Errorf("%s ? %q leads to %s, which is %d with %s, not %s", r.URL.Path, query, address, v.Code, v.Header().Get("X-Total-Count"), w.Header().Get("X-Total-Count"))
			}
		}
	})
}
