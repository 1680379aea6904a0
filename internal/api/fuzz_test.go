package api_test

import (
	"encoding/json"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// FuzzAPI looks for requests that are answered with 5xx, or with what is no JSON. What is
// logged as an error fails the test, too: a panic in a transaction for example.
func FuzzAPI(f *testing.F) {
	h := open(f)
	conversation := h.conversation("Jenny", h.acme)
	service := h.admin.create("/v2/services", object{"name": "T", "type": "twilio"})
	_, bot := h.bot("Echo", h.acme, "bot")
	form := h.admin.create("/v2/forms", object{"name": "Lead", "fields": []object{{"name": "Brand", "key": "brand"}}, "organization": h.acme})
	h.admin.must(200, "PATCH", "/v2/organizations/"+h.acme, object{"categories": []object{{"name": "Cars", "forms": []string{form}}}}, nil)
	for _, seed := range []struct{ method, path, query, body string }{
		{"GET", "/v2/users", "name=~a&sort=-createdAt,name&limit=1&offset=1&select=id,name&populate=organization", ""},
		{"GET", "/v2/users/" + bot, "select=-meta,-a.b.c&populate=createdBy.organization", ""},
		{"GET", "/v2/messages", "conversation=" + conversation + "&text=[a,b]&createdAt=>=2024-01-31&meta.a.b=!x", ""},
		{"GET", "/v2/conversations", "status=![queued]&participants.inbox=true&meta.x[]=1&tags=!&populate=contact,messages", ""},
		{"GET", "/v2/events", "event=^order&id=018f4a2b-7c1d-7e3f-8a5b-0123456789ab&deliveries=>0&sort=key", ""},
		{"GET", "/v2/deliveries", "status=pending&attempts=0&createdAt=<2030&sort=-lastStatus", ""},
		{"GET", "/v2/conversations/" + conversation + "/messages", "?text=x", ""},
		{"POST", "/v2/conversations/" + conversation + "/messages", "", `[{"text":"/assign","meta":{"users":["` + bot + `"]}},{"text":"/set @category x"}]`},
		{"POST", "/v2/conversations/" + conversation + "/messages", "", `{"items":[{"title":"t","actions":[{"type":"reply","text":"a"}]}],"role":"agent","results":[{"name":"n","values":{}}]}`},
		{"POST", "/v2/conversations/" + conversation + "/messages", "", `[{"type":"mention","text":"@Echo x","meta":{"targetBot":"` + bot + `","targetOrganization":"` + h.acme + `"}},{"type":"tag","text":"#a"}]`},
		{"POST", "/v2/conversations/" + conversation + "/messages", "", `[{"text":"+` + form + `","type":"form"},{"text":".brand x"},{"type":"field","text":".email j@example.com","meta":{"form":""}}]`},
		{"POST", "/v2/conversations/" + conversation + "/messages", "", `[{"text":">cs .telephone +441134960999","role":"contact"},{"text":">cs +` + form + `","role":"contact"},{"text":"x","participants":["` + bot + `"]}]`},
		{"POST", "/v2/messages", "", `{"0":"\ud83d","1":"\ude00","conversation":"` + conversation + `","delay":0}`},
		{"POST", "/v2/conversations", "", `{"type":"contact","contact":{"profile":{"telephone":"+44 1"}},"messages":[{"text":"a","touchpoint":"sms","role":"agent"}],"participants":["` + bot + `"]}`},
		{"POST", "/v2/contacts", "", `{"profile":{"name":"J","email":"j@example.com","address":{"a":1}},"presences":[{"touchpoint":"sms"}]}`},
		{"POST", "/v2/organizations", "", `{"name":"O","categories":[{"name":"c","forms":[]}],"meta":{"a":[1,-0.5,1e3]},"country":"NL"}`},
		{"POST", "/v2/users", "", `{"givenName":"A","email":"a@b.c","organizations":[{"organization":"` + h.acme + `","role":"agent","selected":true}]}`},
		{"POST", "/v2/bots", "", `{"name":"B","commands":[">b"],"tags":["x"],"audience":"suborgs"}`},
		{"POST", "/v2/botinstances", "", `{"bot":"` + bot + `","organization":"` + h.acme + `","meta":{"a":"b"}}`},
		{"POST", "/v2/services", "", `{"name":"S","type":"smartsupp","params":{"port":1},"meta":{}}`},
		{"POST", "/v2/events", "", `[{"event":"order.created","key":"k","id":"018f4a2b-7c1d-7e3f-8a5b-0123456789ab","data":{"0":1,"a":"\u0000"}}]`},
		{"POST", "/v2/auth/token", "", `{"clientId":"a","refreshToken":"a.b.c"}`},
		{"POST", "/v2/users/" + bot + "/revoke", "", ""},
		{"POST", "/v2/services/" + service + "/rotate", "", `{"overlap":60}`},
		{"PATCH", "/v2/conversations/" + conversation, "", `{"meta":{"a":null},"tags":[],"categoryIndex":9,"status":"closed","name":null}`},
		{"PATCH", "/v2/services/" + service, "", `{"params":{"a":{}},"status":"inactive"}`},
		{"PATCH", "/v2/users/" + bot, "", `{"meta":{"a":"b"},"displayName":"","avatar":null}`},
		{"PATCH", "/v2/organizations/" + h.acme, "", `{"categories":[{"name":"x"}],"whitelist":["example.com"],"tags":[]}`},
		{"PATCH", "/v2/bots/" + bot, "", `{"enabled":false,"scope":"admin"}`},
		{"PUT", "/v2/messages/" + conversation, "", `{"text":"x"}`},
		{"DELETE", "/v2/conversations/" + conversation, "", ""},
		{"DELETE", "/v2/users/" + bot, "", ""},
	} {
		f.Add(seed.method, seed.path, seed.query, seed.body)
	}
	f.Fuzz(func(t *testing.T, method, path, query, body string) {
		if method == "" {
			return // no request arrives without one
		}
		if strings.Contains(body, "webhook") {
			return // it would ask a challenge somewhere
		}
		if strings.Contains(body, "password") && strings.HasPrefix(path, "/v2/auth") {
			return // it takes long on purpose
		}
		r := httptest.NewRequest("GET", "/", strings.NewReader(body))
		r.Method = method
		r.URL = &url.URL{Path: path, RawQuery: query}
		r.Header.Set("Authorization", "Bearer "+h.admin.token)
		w := httptest.NewRecorder()
		h.handler.ServeHTTP(w, r)
		if w.Code >= 500 {
			t.Errorf("%s %q ? %q with %q = %d %s", method, path, query, body, w.Code, w.Body)
		}
		if w.Header().Get("Content-Type") == "application/json" && !json.Valid(w.Body.Bytes()) {
			t.Errorf("%s %q ? %q with %q answers no JSON: %s", method, path, query, body, w.Body)
		}
		if log := h.log.take(); log != "" {
			t.Errorf("%s %q ? %q with %q logs %s", method, path, query, body, log)
		}
		if w.Code < 300 && strings.HasPrefix(w.Body.String(), "{") {
			var shown map[string]any
			if json.Unmarshal(w.Body.Bytes(), &shown) == nil && shown["error"] != nil {
				t.Errorf("%s %q ? %q with %q succeeds with an error: %s", method, path, query, body, w.Body)
			}
		}
	})
}
