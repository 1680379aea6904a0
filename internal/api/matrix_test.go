//go:build !race

package api_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"bellhop"
)

// cell is one request of the matrix: what somebody asks about something in a place, and what he
// has to get.
type cell struct {
	method, path, body string
	mark               byte // see matrixRoles
	status             int  // of a +
}

func (c *cell) want() int {
	return map[byte]int{
		'!': http.StatusUnauthorized, '-': http.StatusForbidden, '0': http.StatusNotFound,
		'x': http.StatusBadRequest, 'c': http.StatusConflict, '+': c.status,
	}[c.mark]
}

// check asks and compares, also that nothing of other places is told.
func (m *matrix) check(role byte, p *place, c cell) answer {
	m.Helper()
	got := m.ask(m.roles[role], c.method, c.path, c.body)
	name := string(role) + " in " + p.name + ": " + c.method + " " + c.path + " " + c.body
	if got.status != c.want() {
		m.Errorf("%s = %d %.300s, want %d", name, got.status, got.body, c.want())
	}
	if leak := m.leaks(got, c.path+c.body); leak != "" {
		m.Errorf("%s tells of %s: %.300s", name, leak, got.body)
	}
	return got
}

// compare asks the same about something that does not exist: nobody may see a difference.
func (m *matrix) compare(role byte, p *place, got answer, c cell, unknown cell) {
	m.Helper()
	other := m.ask(m.roles[role], unknown.method, unknown.path, unknown.body)
	x, y := m.alike(got, p, c.path+c.body), m.alike(other, m.unknown, unknown.path+unknown.body)
	if x != y {
		m.Errorf("%c: %s %s %s tells %s from what does not exist:\n%s\n%s", role, c.method, c.path, c.body, p.name, x, y)
	}
}

// TestMatrix goes through all routes, roles and places.
//
// Contract: auth.md Permissions: list organizations
// Contract: auth.md Permissions: list conversations
// Contract: auth.md Permissions: list services
// Contract: auth.md Permissions: get user, organization
// Contract: auth.md Permissions: get conversation
// Contract: auth.md Permissions: get knowledge item
// Contract: auth.md Permissions: get form
// Contract: auth.md Permissions: get service
// Contract: auth.md Permissions: create organization
// Contract: auth.md Permissions: create conversation
// Contract: auth.md Permissions: create message
// Contract: auth.md Permissions: create contact, form
// Contract: auth.md Permissions: create knowledge item
// Contract: auth.md Permissions: Documented table
// Contract: auth.md Permissions: Update and delete follow create
// Contract: auth.md Permissions: conversations and messages may be PATCHed
// Contract: auth.md Permissions: Bots list and get channels
// Contract: auth.md Permissions: A published bot lists services
// Contract: auth.md Permissions: partners are for admins
// Contract: auth.md Permissions: POST /v2/contacts is for bots
// Contract: auth.md Permissions: a bot may PATCH meta
// Contract: auth.md Requests: Every request except
// Contract: auth.md Scopes and roles: bot | non-human
// Contract: auth.md Scopes and roles: supervisor | agent
// Contract: auth.md Scopes and roles: admin | configure
// Contract: auth.md Scopes and roles: owner | admin
// Contract: resources.md 6: Visible and writable
// Contract: resources.md 6: Everything else does not exist
// Contract: resources.md 6: Organizations themselves
// Contract: resources.md 6: Nothing tells whether something exists
// Contract: services.md Services: Only admins may list
func TestMatrix(t *testing.T) {
	m := newMatrix(t)
	seen := map[string]bool{}
	for _, kind := range bellhop.Kinds() {
		t.Run(kind.Plural, func(t *testing.T) {
			m.TB = t
			m.checkKind(kind, seen)
		})
	}
	for _, row := range matrixOfRoutes {
		seen[row.route] = true
		t.Run(row.route, func(t *testing.T) {
			m.TB = t
			m.checkRow(&row)
		})
	}
	m.TB = t
	for _, pattern := range m.api.Patterns() {
		if !seen[pattern] {
			t.Errorf("the matrix has no row for %s", pattern)
		}
		delete(seen, pattern)
	}
	for _, route := range slices.Sorted(maps.Keys(seen)) {
		t.Errorf("the matrix has a row for %s, which is no route", route)
	}
}

func (m *matrix) checkRow(row *matrixRow) {
	method, _, _ := strings.Cut(row.route, " ")
	marks := map[*place]string{m.own: row.own, m.child: row.own, m.parent: outside, m.foreign: outside}
	if row.child != "" {
		marks[m.child] = row.child
	}
	if row.beyond != "" {
		marks[m.parent], marks[m.foreign] = row.beyond, row.beyond
	}
	for _, p := range m.places() {
		for i := range matrixRoles {
			role := matrixRoles[i]
			if role == 'n' && p != m.own {
				continue // he is asked for his token before anything else
			}
			c := cell{method, m.in(p, row.path), m.in(p, row.body), marks[p][i], row.status}
			got := m.check(role, p, c)
			if p == m.parent || p == m.foreign {
				m.compare(role, p, got, c, cell{method: method, path: m.in(m.unknown, row.path), body: m.in(m.unknown, row.body)})
			}
		}
	}
}

// changes is what a PATCH sends where it is not a name.
var changes = map[*bellhop.Kind]string{
	bellhop.Messages: `{"text":"changed $n"}`, bellhop.BotInstances: `{"meta":{"n":"$n"}}`, bellhop.Contacts: `{"meta":{"n":"$n"}}`,
}

func (m *matrix) checkKind(kind *bellhop.Kind, seen map[string]bool) {
	rights, ok := matrixOfKinds[kind.Plural]
	if !ok {
		rights = matrixOfNewKinds
	}
	all, one := "/v2/"+kind.Plural, "/v2/"+kind.Plural+"/{id}"
	for _, route := range []string{"GET " + all, "POST " + all, "GET " + one, "PATCH " + one, "DELETE " + one} {
		seen[route] = true
	}
	change := changes[kind]
	if change == "" {
		change = `{"name":"Changed $n"}`
	}
	m.checkRow(&matrixRow{"GET " + one, all + "/$" + kind.Name, "", 200, rights.get, "", ""})
	m.checkRow(&matrixRow{"PATCH " + one, all + "/$" + kind.Name, change, 200, rights.update, "", ""})
	m.checkList(kind, rights.list)
	for i := range matrixRoles {
		m.checkCreate(kind, matrixRoles[i], rights.create[i])
		m.checkDelete(kind, matrixRoles[i], rights.delete[i])
	}
}

// checkList looks that a list has exactly what it should have.
func (m *matrix) checkList(kind *bellhop.Kind, marks string) {
	path := "/v2/" + kind.Plural + "?limit=1000"
	if kind == bellhop.Messages {
		path += "&createdAt=>2000-01-01"
	}
	for i := range matrixRoles {
		role := matrixRoles[i]
		got := m.check(role, m.own, cell{"GET", path, "", marks[i], 200})
		if got.status != 200 {
			continue
		}
		var items []struct{ ID string }
		if err := json.Unmarshal([]byte(got.body), &items); err != nil {
			m.Fatal(err)
		}
		if total := got.header.Get("X-Total-Count"); total != strconv.Itoa(len(items)) {
			m.Errorf("%c lists %d %s of %s", role, len(items), kind.Plural, total)
		}
		for _, p := range []*place{m.own, m.child} {
			if !strings.Contains(got.body, `"`+p.of[kind.Name]+`"`) {
				m.Errorf("%c lists %s without those of %s: %s", role, kind.Plural, p.name, got.body)
			}
		}
	}
}

func (m *matrix) checkCreate(kind *bellhop.Kind, role, mark byte) {
	for _, p := range m.places() {
		mark := mark
		switch {
		case p == m.child && kind == bellhop.Organizations && mark == '+':
			mark = 'x' // there is no level 4
		case p != m.own && p != m.child && mark == '+':
			mark = '0'
		case p != m.own && p != m.child && mark == '-' && ownRules[kind]:
			mark = '0'
		}
		path, body := m.creation(p, kind)
		c := cell{"POST", path, body, mark, 201}
		got := m.check(role, p, c)
		if p == m.parent || p == m.foreign {
			path, body := m.creation(m.unknown, kind)
			m.compare(role, p, got, c, cell{method: "POST", path: path, body: body})
		}
	}
}

// ownRules are the kinds where who may create nowhere is told first that the organization, or the
// conversation, does not exist.
var ownRules = map[*bellhop.Kind]bool{bellhop.Contacts: true, bellhop.Conversations: true, bellhop.Messages: true}

func (m *matrix) checkDelete(kind *bellhop.Kind, role, mark byte) {
	for _, p := range m.places() {
		mark, id := mark, p.of[kind.Name]
		switch {
		case p == m.parent || p == m.foreign:
			mark = outside[strings.IndexByte(matrixRoles, role)]
		case mark == '+' && kind == bellhop.Organizations && p == m.child:
			continue // nothing is below it
		case mark == '+':
			id = m.make(p, kind)
		}
		path := "/v2/" + kind.Plural + "/"
		c := cell{"DELETE", path + id, "", mark, 204}
		got := m.check(role, p, c)
		switch {
		case mark == '+':
			c.mark = '0'
			m.check(role, p, c) // it is gone
		case p == m.parent || p == m.foreign:
			m.compare(role, p, got, c, cell{method: "DELETE", path: path + m.unknown.of[kind.Name]})
		}
	}
}
