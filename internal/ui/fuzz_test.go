//go:build !race

package ui

import (
	"context"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// parameters are the names that pages read from their addresses and forms.
var parameters = strings.Fields(`a admin after as at attempt audience b bot change channel commands concurrency confirmed consumer conversation data
	description display do email enabled event eventId events family follow from given headers id instance key kind lastError message name new next object
	offset old order organization overlap password press q range rate raw role search secret service show signatures since sort state status suspended tab
	tags text timeout to touchpoint try type until user verb who`)

// hostileValues are what no form of ours sends.
var hostileValues = []string{
	hostile, "\x00\xff\xfe\u202e\u2066\u0085\u2028\ufeff\x1b[2J\r\nX-Evil: 1", "-1", "99999999999999999999999", "2024-01-01T99:99:99Z", "!^~[>=<(.*)]", strings.Repeat("é", 20), "",
}

// FuzzPages looks for requests of an admin that are answered with 5xx, with a page that a text has
// changed, or without the headers that every answer has.
func FuzzPages(f *testing.F) {
	c := newCast(f)
	admin := c.admin()
	var forms [][3]string
	n := 0
	some := func() []string { // for each address others
		n++
		return []string{hostileValues[n%len(hostileValues)], hostileValues[(n+3)%len(hostileValues)]}
	}
	for _, pattern := range slices.Sorted(maps.Keys(rightsRows)) {
		method, _, _ := strings.Cut(pattern, " ")
		for _, row := range rightsRows[pattern] {
			fresh := ""
			if row.fresh != "" {
				fresh = c.fresh("own", row.fresh)
			}
			path, query, _ := strings.Cut(c.in("own", row.path, fresh), "?")
			form := c.in("own", row.form, fresh)
			if method == http.MethodPost {
				forms = append(forms, [3]string{path, query, form})
				continue
			}
			f.Add("GET", path, query, "")
			if query == "" {
				for _, value := range some() {
					f.Add("GET", path, allWith(value).Encode(), "")
				}
				f.Add("GET", path, "%zz;&=&a=%00&"+"q="+strings.Repeat("é", 10_000), "")
			}
		}
	}
	for _, form := range forms {
		for _, value := range some() {
			all := allWith(value)
			all.Set("url", "http://127.0.0.1:1/"+value) // nothing else is asked a challenge
			f.Add("POST", form[0], "", all.Encode())
			for _, name := range []string{"try", "change", "until"} {
				all.Del(name)
			}
			f.Add("POST", form[0], "", all.Encode())
		}
		f.Add("POST", form[0], "", "%zz;&=&a=%00&"+strings.Repeat("events=a&", 10_000))
		f.Add("POST", form[0], form[1], form[2])
	}
	f.Fuzz(func(t *testing.T, method, path, query, form string) {
		if method != http.MethodPost && method != http.MethodHead {
			method = http.MethodGet
		}
		if form != "" && strings.Contains(form, "url=") && !strings.Contains(form, "127.0.0.1") {
			return // it would ask a challenge somewhere
		}
		ctx, leave := context.WithCancel(t.Context())
		defer leave()
		r := httptest.NewRequestWithContext(ctx, method, "https://bellhop.example/", strings.NewReader(form))
		r.URL = &url.URL{Path: path, RawQuery: query}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		r.AddCookie(&http.Cookie{Name: sessionCookie, Value: "any"})
		w := &leaver{ResponseRecorder: httptest.NewRecorder(), leave: leave}
		admin.ui.ServeHTTP(w, r)
		name := method + " " + shorten(path+"?"+query+" "+form, 300)
		if w.Code >= 500 {
			t.Errorf("%q = %d %s", name, w.Code, admin.log.String())
			admin.log.Reset()
		}
		h := w.Header()
		if !strings.Contains(h.Get("Content-Security-Policy"), "default-src 'none'") || h.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(h.Get("Cache-Control"), "no-store") && !strings.HasPrefix(path, "/static/") {
			t.Errorf("%q is answered with %v", name, h)
		}
		if to := h.Get("Location"); to != "" && (!strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.ContainsFunc(to, unicode.IsControl)) {
			t.Errorf("%q leads to %q", name, to)
		}
		body := w.Body.String()
		if strings.HasPrefix(h.Get("Content-Type"), "text/html") && w.Code != http.StatusSeeOther && body != "" {
			if !utf8.ValidString(body) {
				t.Errorf("%q is no UTF-8", name)
			}
			if i := strings.IndexFunc(body, isNoText); i >= 0 {
				t.Errorf("%q has %q", name, body[max(i-60, 0):min(i+20, len(body))])
			}
			checkHarmless(t, name, body)
		}
		if len(body) > 1<<20 {
			t.Errorf("%q has %d bytes", name, len(body))
		}
	})
}

func allWith(value string) url.Values {
	all := url.Values{}
	for _, name := range parameters {
		if name != organizationParam || value == "" {
			all.Set(name, value)
		}
	}
	return all
}
