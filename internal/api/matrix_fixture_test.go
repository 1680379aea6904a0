//go:build !race

package api_test

import (
	"context"
	"encoding/json"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"bellhop"
	"bellhop/internal/account"
)

// place is an organization, as the callers of the matrix see it, with one thing of everything.
type place struct {
	name         string
	boss         client // an admin who makes what is there
	organization string
	of           map[string]string // the id of the one thing of a kind, by its singular name
}

// things is what the things in p are called.
func (p *place) things() string { return "Thing of " + p.name }

// matrix is a house with an organization "own", in which somebody has each role, one below it,
// the one above it, and one that is none of its business.
type matrix struct {
	*house
	roles                       map[byte]client
	ids                         map[byte]string // of the users with the roles
	own, child, parent, foreign *place
	unknown                     *place // where there is nothing: all ids are nobody's
	receiver                    *receiver
	n                           int
}

func newMatrix(t *testing.T) *matrix {
	h := open(t)
	m := &matrix{house: h, receiver: newReceiver(t), roles: map[byte]client{'n': {h, ""}}, ids: map[byte]string{}}
	leaf := h.admin.create("/v2/organizations", object{"name": "Leaf", "parent": h.acme})
	for mark, role := range map[byte]string{
		'v': "viewer", 'g': "guest", 'a': "agent", 's': "supervisor", 'A': "admin", 'o': "owner", '*': "admin",
	} {
		m.roles[mark], m.ids[mark] = m.person(role, h.acme)
	}
	m.roles['b'], m.ids['b'] = h.bot("Low", h.acme, "bot")
	m.roles['B'], m.ids['B'] = h.bot("High", h.acme, "admin")
	m.own = &place{name: "own", boss: m.roles['*'], organization: h.acme}
	m.child = &place{name: "child", boss: m.roles['*'], organization: leaf}
	m.parent = &place{name: "parent", boss: h.admin, organization: h.top}
	m.foreign = &place{name: "foreign", boss: h.admin, organization: h.other}
	for _, p := range m.places() {
		m.furnish(p)
	}
	m.unknown = &place{name: "unknown", organization: m.nobodys(0), of: map[string]string{}}
	for name, id := range m.own.of {
		m.unknown.of[name] = m.nobodys(len(m.unknown.of) + 1)
		if len(id) == 36 {
			m.unknown.of[name] = "018f4a2b-0000-7000-8000-" + m.unknown.of[name][:12]
		}
	}
	return m
}

func (m *matrix) places() []*place { return []*place{m.own, m.child, m.parent, m.foreign} }

// nobodys returns an id that no resource has.
func (m *matrix) nobodys(n int) string { return "64b0f1a2c3d4e5f60718" + strconv.Itoa(1000+n) }

// person makes a user who does not log in: his token is made without a password.
func (m *matrix) person(role, organization string) (client, string) {
	m.Helper()
	m.n++
	id := m.admin.create("/v2/users", object{
		"givenName": "Person", "email": "p" + strconv.Itoa(m.n) + "@example.com", "role": role, "status": "active", "organization": organization,
	})
	tokens, err := m.accounts.IssueTokens(m.Context(), &account.Caller{
		ID: bellhop.ID(id), Scope: bellhop.ScopeAdmin, Organization: bellhop.ID(organization),
	})
	if err != nil {
		m.Fatal(err)
	}
	return client{m.house, tokens.Access}, id
}

// furnish makes one thing of everything in p. What is named is named for the place.
func (m *matrix) furnish(p *place) {
	m.Helper()
	p.of = map[string]string{"organization": p.organization}
	for _, kind := range bellhop.Kinds() {
		if kind != bellhop.Organizations {
			p.of[kind.Name] = m.make(p, kind)
		}
	}
	p.of["webhook"] = p.boss.create("/v2/services", object{
		"name": p.name, "type": "webhook", "organization": p.organization, "params": object{"url": m.receiver.URL, "events": []string{"thing.made"}},
	})
	var made struct{ ID string }
	p.boss.must(202, "POST", "/v2/events", object{"event": "thing.made", "organization": p.organization}, &made)
	p.of["event"] = made.ID
	p.boss.must(202, "POST", "/v2/services/"+p.of["webhook"]+"/replays", object{"from": "2000-01-01", "to": "2000-01-02"}, &made)
	p.of["replay"] = made.ID
	var deliveries []struct{ ID string }
	p.boss.must(200, "GET", "/v2/deliveries?service="+p.of["webhook"], nil, &deliveries)
	p.of["delivery"] = deliveries[0].ID
	var records []struct{ ID string }
	p.boss.must(200, "GET", "/v2/audit?limit=1&object="+p.of["webhook"], nil, &records)
	p.of["audit"] = records[0].ID
}

// make makes a new thing of a kind in p.
func (m *matrix) make(p *place, kind *bellhop.Kind) string {
	m.Helper()
	path, body := m.creation(p, kind)
	return p.boss.create(path, body)
}

// creation is the request that makes a new thing of a kind in p.
func (m *matrix) creation(p *place, kind *bellhop.Kind) (path, body string) {
	m.Helper()
	m.n++
	n := strconv.Itoa(m.n)
	fields := object{"organization": p.organization, "name": p.things()}
	switch kind {
	case bellhop.Organizations:
		fields = object{"parent": p.organization, "name": p.things()}
	case bellhop.Users:
		fields["email"] = "u" + n + "@example.com"
	case bellhop.BotInstances:
		fields["bot"] = m.nobodys(0)
		if p.boss.house != nil {
			fields["bot"] = m.make(p, bellhop.Bots)
		}
	case bellhop.Services:
		fields["type"] = "sms"
	case bellhop.Contacts:
		fields["profile"] = object{"name": p.things(), "email": "c" + n + "@example.com"}
	case bellhop.Messages:
		fields = object{"conversation": p.of["conversation"], "text": p.things()}
	}
	text, err := json.Marshal(fields)
	if err != nil {
		m.Fatal(err)
	}
	return "/v2/" + kind.Plural, string(text)
}

// in replaces $kind by the ids of p, and $n by a number that was not there before.
func (m *matrix) in(p *place, text string) string {
	m.n++
	text = strings.ReplaceAll(text, "$n", strconv.Itoa(m.n))
	// Longer names first: $botinstance before $bot.
	names := make([]string, 0, len(p.of))
	for name := range p.of {
		names = append(names, name)
	}
	slices.SortFunc(names, func(x, y string) int { return len(y) - len(x) })
	for _, name := range names {
		text = strings.ReplaceAll(text, "$"+name, p.of[name])
	}
	return text
}

// ask sends a request. A stream is left as soon as it is answered.
func (m *matrix) ask(who client, method, path, body string) answer {
	m.Helper()
	if !strings.Contains(path, "/stream") {
		if body == "" {
			return who.call(method, path, nil)
		}
		return who.call(method, path, body)
	}
	ctx, leave := context.WithCancel(m.Context())
	defer leave()
	r := httptest.NewRequest(method, path, nil).WithContext(ctx)
	if who.token != "" {
		r.Header.Set("Authorization", "Bearer "+who.token)
	}
	w := &leaver{ResponseRecorder: httptest.NewRecorder(), leave: leave}
	m.handler.ServeHTTP(w, r)
	return answer{w.Code, w.Result().Header, w.Body.String()}
}

// leaver is a client who leaves when he is answered.
type leaver struct {
	*httptest.ResponseRecorder
	leave func()
}

func (l *leaver) Write(b []byte) (int, error) {
	defer l.leave()
	return l.ResponseRecorder.Write(b)
}

func (l *leaver) Flush() {
	defer l.leave()
	l.ResponseRecorder.Flush()
}

// SetReadDeadline and SetWriteDeadline are asked for by what streams.
func (l *leaver) SetReadDeadline(time.Time) error  { return nil }
func (l *leaver) SetWriteDeadline(time.Time) error { return nil }

// leaks returns what a text has of the places that nobody of "own" may know of, beside what he
// himself has sent.
func (m *matrix) leaks(got answer, sent string) string {
	for _, p := range []*place{m.parent, m.foreign} {
		if strings.Contains(got.body, p.things()) && !strings.Contains(sent, p.things()) {
			return "what a thing of " + p.name + " is called"
		}
		for name, id := range p.of {
			// The organization above is in the paths of all below.
			if strings.Contains(got.body, id) && !strings.Contains(sent, id) && id != m.top {
				return "the " + name + " of " + p.name
			}
		}
	}
	return ""
}

// alike is an answer without what differs between any two: the ids that were sent, and the id of
// the request.
func (m *matrix) alike(got answer, p *place, sent string) string {
	header := got.header.Clone()
	header.Del("X-Request-Id")
	header.Del("Content-Length") // the body is compared
	var text strings.Builder
	_ = header.Write(&text)
	text.WriteString(got.body)
	all := text.String()
	for _, id := range p.of {
		if strings.Contains(sent, id) {
			all = strings.ReplaceAll(all, id, "ID")
		}
	}
	return strconv.Itoa(got.status) + "\n" + all
}
