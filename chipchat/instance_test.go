package chipchat

import (
	"context"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

const (
	top    = "64b0f1a2c3d4e5f607182901"
	middle = "64b0f1a2c3d4e5f607182902"
	low    = "64b0f1a2c3d4e5f607182903"
	lowest = top + "#" + middle + "#" + low
)

// installation is a bot with instances; an empty one is answered 404.
func installation(bot, instances string) *server {
	return &server{answer: func(r request) (int, http.Header, string) {
		body := instances
		if strings.HasPrefix(r.path, "/v2/bots/") {
			body = bot
		}
		if body == "" {
			return 404, nil, `{"error":{"message":"Not found"}}`
		}
		return 200, nil, body
	}}
}

const usualBot = `{"id":"64b0f1a2c3d4e5f607182930","name":"Shop","status":"active","enabled":true,"token":"t","refreshToken":"r",
	"meta":{"colour":"red","size":"L","lang":"en"}}`

func instanceJSON(path, enabled, meta string) string {
	return `{"id":"i` + path[len(path)-1:] + `","orgPath":"` + path + `","organization":"` + path[len(path)-24:] +
		`","status":"active","enabled":` + enabled + `,"meta":` + meta + `}`
}

func TestGetInstanceConfig(t *testing.T) {
	high := instanceJSON(top, "true", `{"colour":"blue","size":" \uFFFC ","lang":" de \uFFFC"}`)
	mid := instanceJSON(top+"#"+middle, "true", `{"colour":"green","size":"M"}`)
	off := instanceJSON(top+"#"+middle, "false", `{"colour":"green"}`)
	own := instanceJSON(lowest, "true", `{"colour":"white"}`)
	ownOff := instanceJSON(lowest, "false", `{"colour":"white"}`)
	for _, c := range []struct {
		name      string
		bot, path string
		instances []string
		inherit   bool
		enabled   bool
		id        ID
		status    string
		meta      fields
	}{
		{"all", usualBot, lowest, []string{high, mid, own}, false, true, "i3", "active",
			fields{"colour": "white", "size": "M", "lang": "de"}},
		{"one is off", usualBot, lowest, []string{high, off, own}, false, true, "i3", "active",
			fields{"colour": "white", "size": "L", "lang": "de"}},
		{"lowest is off", usualBot, lowest, []string{high, mid, ownOff}, false, false, "i3", "active",
			fields{"colour": "green", "size": "M", "lang": "de"}},
		{"inherited", usualBot, lowest, []string{high, mid, ownOff}, true, true, "i2", "active",
			fields{"colour": "green", "size": "M", "lang": "de"}},
		{"nothing to inherit", usualBot, lowest, []string{high, mid, own}, true, true, "i3", "active",
			fields{"colour": "white", "size": "M", "lang": "de"}},
		{"inherited from nobody", usualBot, lowest, []string{high}, true, false, "default", "not installed",
			fields{"colour": "blue", "size": "L", "lang": "de"}},
		{"two levels inherit nothing", usualBot, top + "#" + middle, []string{high, off}, true, false, "i2", "active",
			fields{"colour": "blue", "size": "L", "lang": "de"}},
		{"not installed", usualBot, lowest, nil, false, false, "default", "not installed",
			fields{"colour": "red", "size": "L", "lang": "en"}},
		{"bot is off", strings.Replace(usualBot, `"enabled":true`, `"enabled":false`, 1), top, []string{high}, false, false,
			"i1", "active", fields{"colour": "blue", "size": "L", "lang": "de"}},
		{"bot is not active", strings.Replace(usualBot, `"active"`, `"draft"`, 1), top, []string{high}, false, false,
			"i1", "active", fields{"colour": "blue", "size": "L", "lang": "de"}},
		{"deeper than asked for", usualBot, top, []string{high, mid}, false, true, "i1", "active",
			fields{"colour": "blue", "size": "L", "lang": "de"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := installation(c.bot, "["+strings.Join(c.instances, ",")+"]")
			b := newBot(t, s, nil)
			got, err := b.GetInstanceConfig(t.Context(), c.path, c.inherit)
			if err != nil {
				t.Fatal(err)
			}
			if got.Enabled != c.enabled || got.ID != c.id || got.Status != c.status || got.Bot != testBot || got.Name != "Shop" ||
				!reflect.DeepEqual(got.Meta, c.meta) {
				t.Errorf("config %+v", got)
			}
			if strings.Contains(string(got.Raw), "oken") || !strings.Contains(string(got.Raw), `"name":"Shop"`) {
				t.Errorf("raw %s", got.Raw)
			}
			got.Meta["colour"] = "spoilt"
			if again, err := b.GetInstanceConfig(t.Context(), c.path, c.inherit); err != nil || !reflect.DeepEqual(again.Meta, c.meta) {
				t.Errorf("a caller changed the config of others: %+v, %v", again, err)
			}
			seen := s.seen()
			want := "bot=64b0f1a2c3d4e5f607182930&limit=100&organization=%5B" +
				strings.ReplaceAll(c.path, "#", "%2C") + "%5D&sort=orgPath"
			if len(seen) != 2 || seen[0].path != "/v2/bots/64b0f1a2c3d4e5f607182930" || seen[1].query != want {
				t.Errorf("requests %+v", seen)
			}
		})
	}
}

func TestGetInstanceConfigFails(t *testing.T) {
	for _, c := range []struct {
		name, bot, instances string
		path, status         string
		adjust               func(*Options)
	}{
		{"no user", usualBot, "[]", top, "missing bot auth", func(o *Options) { o.Token = "" }},
		{"no bot", "", "[]", top, "bot error", nil},
		{"no instances", usualBot, "", top, "bot instances error", nil},
		{"no path", usualBot, "[]", "", "bot instances error", nil},
	} {
		b := newBot(t, installation(c.bot, c.instances), c.adjust)
		got, err := b.GetInstanceConfig(t.Context(), c.path, false)
		if err == nil || got == nil || got.Status != c.status || got.Enabled || got.Meta == nil {
			t.Errorf("%s: config %+v, %v", c.name, got, err)
		}
	}
}

func TestInstanceConfigIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := installation(usualBot, "[]")
		b := newBot(t, s, nil)
		requests := 0
		fetched := func(path string, want bool) {
			t.Helper()
			if _, err := b.GetInstanceConfig(t.Context(), path, false); err != nil {
				t.Fatal(err)
			}
			if got := len(s.seen()) > requests; got != want {
				t.Errorf("after %d requests: fetched %t, want %t", requests, got, want)
			}
			requests = len(s.seen())
		}
		changed := func(bot, organization string) {
			t.Helper()
			body := `{"event":"botinstance.update","activity":{},"data":{"botinstance":{"id":"x","bot":"` + bot +
				`","organization":"` + organization + `"}}}`
			if err := b.Ingest(t.Context(), []byte(body), nil); err != nil {
				t.Fatal(err)
			}
		}
		const beside = top + "#64b0f1a2c3d4e5f607182909"
		fetched(lowest, true)
		fetched(lowest, false)
		fetched(beside, true)
		time.Sleep(59 * time.Minute)
		fetched(lowest, false)
		time.Sleep(2 * time.Minute)
		fetched(lowest, true)
		fetched(beside, true)
		changed(string(testAda), middle) // another bot's
		fetched(lowest, false)
		changed(string(testBot), middle)
		fetched(lowest, true)
		fetched(lowest, true) // nothing is kept for an hour
		fetched(beside, false)
		time.Sleep(61 * time.Minute)
		fetched(lowest, true)
		fetched(lowest, false)
	})
}

func TestInstanceConfigThatChangedMeanwhileIsNotKept(t *testing.T) {
	var cs configs
	now := time.Now()
	key := configKey{lowest, false}
	_, version := cs.get(key, now)
	cs.outdate(middle, now)
	cs.put(key, []byte(`{}`), version, now)
	if raw, _ := cs.get(key, now); raw != nil {
		t.Error("kept what was read before the change")
	}
}

func TestPreloadOrganizations(t *testing.T) {
	var n notes
	s := &server{answer: func(r request) (int, http.Header, string) {
		n = append(n, r.path+"?"+r.query)
		if strings.HasSuffix(r.path, "f") {
			return 404, nil, `{"error":{"message":"Organization not found"}}`
		}
		return 200, nil, `{"id":"64b0f1a2c3d4e5f60718294b","name":"Acme","categories":[{"name":"Cars"}]}`
	}}
	b := newBot(t, s, func(o *Options) { o.PreloadOrganizations = true })
	const fetch = "/v2/organizations/64b0f1a2c3d4e5f60718294b?populate=categories.forms"
	see := func(m *Message, c *Conversation) {
		if c.Org == nil || c.Org.Name != "Acme" || c.Organization != "64b0f1a2c3d4e5f60718294b" || c.Org.Categories[0].Name != "Cars" {
			t.Errorf("organization %+v", c.Org)
			return
		}
		c.Org.Categories[0].Name = "spoilt"
	}
	b.On("message", func(_ context.Context, m *Message, c *Conversation) error { see(m, c); return nil })
	receiveChat(t, b, "hi", nil)
	receiveChat(t, b, "hi", nil)
	n.want(t, fetch)
	update := `{"event":"organization.update","activity":{},"data":{"organization":{"id":"64b0f1a2c3d4e5f60718294b"}}}`
	if err := b.Ingest(t.Context(), []byte(update), nil); err != nil {
		t.Fatal(err)
	}
	receiveChat(t, b, "hi", nil)
	n.want(t, fetch)
	missing := delivery(t, chat, nil, fields{"organization": "64b0f1a2c3d4e5f60718294f"})
	if err := b.Ingest(t.Context(), missing, nil); err == nil || !strings.Contains(err.Error(), "preload organization") {
		t.Errorf("Ingest = %v, want an error", err)
	}
	if err := b.Ingest(t.Context(), delivery(t, chat, fields{"role": "bot"}, nil), nil); err != nil {
		t.Errorf("Ingest of what is dropped = %v", err)
	}
}
