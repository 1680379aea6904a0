package chipchat

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
)

// FuzzHandler has strangers send what they like: nothing of it may reach a handler, be answered as if something were
// wrong here, or take a secret out.
func FuzzHandler(f *testing.F) {
	body := string(delivery(f, chat, nil, nil))
	f.Add("POST", "/hook", "", body, "sha1="+strings.Repeat("0", 40), "", "", "", "", false)
	f.Add("POST", "/hook", "a=b", deliveryOf(f, 3), "", "", hookID, "1716718530", moreVectors[0].standard, true)
	f.Add("POST", "", "", `{"id":{},"event":"message","data":{"conversation":{"id":"1","messages":[{}]},"message":{"id":"1"}}}`,
		"", "sha256=zz", "", "", "", true)
	f.Add("GET", "/ping/", "type=subscribe&challenge=%ff", "", "", "", "", "", "", false)
	f.Add("HEAD", "//", "%zz", "", "", "", "", "", "", false)
	f.Add("\x00", "/\x00", ";", "", "", "", ".", "9", "v1,", false)
	var handled atomic.Int32
	b := newBot(f, answers(500), func(o *Options) {
		o.Secret, o.OldSecrets, o.Dedupe, o.Order = testSecret, []string{"", oldSecret}, NewMemoryDedupe(10, 0), &Order{Gap: -1}
	})
	b.OnEvent("activity", func(context.Context, *Event) error {
		handled.Add(1)
		return nil
	})
	f.Fuzz(func(t *testing.T, method, path, query, body, hub, hub256, id, timestamp, standard string, right bool) {
		r := &http.Request{Method: method, URL: &url.URL{Path: path, RawQuery: query}, Header: http.Header{},
			Body: io.NopCloser(strings.NewReader(body)), ContentLength: -1}
		for name, value := range map[string]string{hubHeader: hub, hub256Header: hub256, idHeader: id,
			timestampHeader: timestamp, standardHeader: standard} {
			if value != "" {
				r.Header.Set(name, value)
			}
		}
		if right { // somebody who knows a secret, and sends what he likes
			r.Header = signed(oldSecret, "", []byte(body))
		}
		proven := b.verifier.Verify(r.Header, []byte(body)) == nil
		before := handled.Load()
		w := httptest.NewRecorder()
		b.Handler().ServeHTTP(w, r)
		if w.Code >= 500 {
			t.Errorf("%q %q = %d %s", method, body, w.Code, w.Body)
		}
		if handled.Load() != before && (!proven || method != http.MethodPost) {
			t.Errorf("%q %q was handled", method, body)
		}
		if method == http.MethodPost && !proven && w.Code != 401 && w.Code != 425 && w.Code != 413 {
			t.Errorf("unproven %q = %d", body, w.Code)
		}
		if bytes.Contains(w.Body.Bytes(), []byte(testSecret)) && !strings.Contains(query+body, testSecret) {
			t.Errorf("answer has the secret: %s", w.Body)
		}
		if n := len(b.works.byID) + len(b.slots); n != 0 {
			t.Errorf("%d are left behind", n)
		}
	})
}
