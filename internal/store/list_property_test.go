package store

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"testing"

	"bellhop"
	"bellhop/internal/query"
)

// rolls makes random documents and queries from few values, so that they meet.
type rolls struct{ *rand.Rand }

func pick[T any](r rolls, from ...T) T { return from[r.IntN(len(from))] }

var (
	hostileKeys = []string{"a", "b", "a.b", "a.b.a", "", ".", "a\"b", `a'b`, `a\b`, "$", "$.a", "[0]", "0", "é", "A", "ключ", "a b", "%", "\n", "error"}
	someTexts   = []string{
		"", "a", "A", "b", "abc", "ABC", "aBc'--", "5", "5.0", "true", "null", "ſ", "S", "K", "k", "İ", "i", "Straße", "%", "_", "*", "\"", "\\",
		"2024-05-26T10:15:30.123Z", "[a", "!a", "~a", "ΣΑΣ", "σας", "\ufffd", "\U0001f600", "a\nb", "{\"a\":1}", "[\"a\"]",
	}
	someNumbers = []float64{0, 1, -1, 5, 0.1, 1e21, 616946258259083904, 1.7976931348623157e308, 5e-324, 9007199254740992, 0.30000000000000004}
	someOrgs    = []string{"64b0f1a2c3d4e5f60718293a", "64b0f1a2c3d4e5f60718294b", "64b0f1a2c3d4e5f60718294c", "64b0f1a2c3d4e5f60718294d"}
	somePaths   = map[string]string{
		someOrgs[0]: someOrgs[0], someOrgs[1]: someOrgs[0] + "#" + someOrgs[1],
		someOrgs[2]: someOrgs[0] + "#" + someOrgs[1] + "#" + someOrgs[2], someOrgs[3]: someOrgs[3],
	}
)

func (r rolls) free(depth int) any {
	switch n := r.IntN(10); {
	case n < 4:
		return pick(r, someTexts...)
	case n < 6:
		return pick(r, someNumbers...)
	case n < 7:
		return r.IntN(2) == 0
	case n < 8 || depth == 0:
		return nil
	case n < 9:
		return r.list(func() any { return r.free(depth - 1) })
	}
	return r.object(depth - 1)
}

func (r rolls) object(depth int) map[string]any {
	object := map[string]any{}
	for range r.IntN(5) {
		object[pick(r, hostileKeys...)] = r.free(depth)
	}
	return object
}

func (r rolls) list(element func() any) []any {
	list := []any{}
	for range r.IntN(4) {
		list = append(list, element())
	}
	return list
}

func (r rolls) date() bellhop.Time {
	return pick[bellhop.Time](r, 1706659200000, 1706659200001, 1716718530123, 1, 253402300799999)
}

// member gives a document a value of its type, or null, or nothing.
func (r rolls) member(doc map[string]any, name string, value any) {
	switch r.IntN(6) {
	case 0:
	case 1:
		doc[name] = nil
	default:
		doc[name] = value
	}
}

func (r rolls) text() any  { return pick(r, someTexts...) }
func (r rolls) owner() any { return pick(r, someOrgs...) }

// document makes a resource of kind with declared fields of their types.
func (r rolls) document(kind *bellhop.Kind, number int) *bellhop.Document {
	owner := pick(r, someOrgs...)
	doc := &bellhop.Document{
		ID: bellhop.ID(fmt.Sprintf("%024x", number)), Organization: bellhop.ID(owner), OrgPath: somePaths[owner],
		CreatedAt: r.date(), UpdatedAt: r.date(),
	}
	body := map[string]any{
		"id": string(doc.ID), "organization": owner, "orgPath": doc.OrgPath,
		"createdAt": doc.CreatedAt.String(), "updatedAt": doc.UpdatedAt.String(),
	}
	r.member(body, "createdBy", r.owner())
	r.member(body, "name", r.text())
	r.member(body, "status", r.text())
	r.member(body, "meta", r.object(3))
	switch kind.Name {
	case "organization":
		delete(body, "organization")
		delete(body, "orgPath")
		r.member(body, "categories", r.list(func() any {
			category := map[string]any{}
			r.member(category, "name", r.text())
			r.member(category, "forms", r.list(r.owner))
			return category
		}))
	case "user":
		delete(body, "organization")
		delete(body, "orgPath")
		body["organizations"] = r.list(func() any {
			owner := pick(r, someOrgs...)
			return map[string]any{"organization": owner, "orgPath": somePaths[owner], "role": r.text(), "selected": r.IntN(2) == 0}
		})
	case "bot":
		r.member(body, "enabled", r.IntN(2) == 0)
		r.member(body, "tags", r.list(r.text))
		for range r.IntN(4) {
			body["x"+pick(r, hostileKeys...)] = r.free(3)
		}
	case "conversation":
		r.member(body, "categoryIndex", pick(r, someNumbers...))
		r.member(body, "tags", r.list(r.text))
		r.member(body, "participants", r.list(func() any {
			p := map[string]any{}
			r.member(p, "user", r.owner())
			r.member(p, "name", r.text())
			r.member(p, "active", r.IntN(2) == 0)
			return p
		}))
	case "message":
		conversation := pick(r, someOrgs...)
		doc.Parent, body["conversation"] = bellhop.ID(conversation), conversation
		r.member(body, "isBackchannel", r.IntN(2) == 0)
		r.member(body, "delay", pick(r, someNumbers...))
		r.member(body, "entities", r.list(func() any { return r.free(2) }))
	}
	doc.Body = encode(body)
	return doc
}

func encode(v any) json.RawMessage {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic(err)
	}
	return bytes.TrimSpace(b.Bytes())
}

// path names a field, mostly one that is there.
func (r rolls) path(kind *bellhop.Kind) string {
	switch r.IntN(3) {
	case 0:
		names := []string{"meta", "entities", "nosuch", "participants.nosuch", "name.nosuch", "messages.nosuch"}
		for name := range declared {
			if top, _, _ := strings.Cut(name, "."); kind.Field(top) != nil {
				names = append(names, name)
			}
		}
		slices.Sort(names)
		return pick(r, names...)
	case 1:
		path := pick(r, "meta", "meta", "entities", "categories", "x")
		if path == "x" {
			return path + pick(r, hostileKeys...)
		}
		for range 1 + r.IntN(3) {
			path += "." + pick(r, hostileKeys...)
		}
		return path
	}
	return "meta." + pick(r, "a", "b", "a.b", "a.b.a", "a.a")
}

func (r rolls) value() string {
	switch r.IntN(5) {
	case 0:
		return string(encode(pick(r, someNumbers...)))
	case 1:
		return pick(r, someOrgs...)
	case 2:
		return pick(r, "true", "false", "2024-01-31", "2024-05-26T12:15:30.123+02:00", "1e0", "5.0", "+5", "0x5", "NaN", "x")
	}
	return pick(r, someTexts...)
}

// query makes the query of a URL.
func (r rolls) query(kind *bellhop.Kind) string {
	var form []string
	add := func(name, value string) {
		form = append(form, url.QueryEscape(name)+"="+url.QueryEscape(value))
	}
	for range r.IntN(3) {
		name := r.path(kind)
		switch r.IntN(7) {
		case 0:
			add(name, "["+r.value()+","+r.value()+"]")
		case 1:
			add(name, "!["+r.value()+","+r.value()+"]")
		case 2:
			add(name+"[]", r.value())
			add(name+"[]", r.value())
		default:
			add(name, pick(r, "", "!", "~", "^", "$", ">", ">=", "<", "<=")+r.value())
		}
	}
	if len(form) == 0 {
		add(r.path(kind), pick(r, "", "!"))
	}
	if r.IntN(2) == 0 {
		add("sort", pick(r, "", "-")+r.path(kind)+","+pick(r, "", "-")+r.path(kind))
	}
	if r.IntN(2) == 0 {
		add("limit", fmt.Sprint(1+r.IntN(20)))
		add("offset", fmt.Sprint(r.IntN(20)))
	}
	if kind.Name == "message" || kind.Name == "conversation" {
		add("createdAt", "")
	}
	return strings.Join(form, "&")
}

func (r rolls) visible(docs int) Visible {
	v := Visible{All: r.IntN(3) > 0}
	for range r.IntN(3) {
		v.Roots = append(v.Roots, somePaths[pick(r, someOrgs...)])
	}
	for range r.IntN(2) {
		v.Organizations = append(v.Organizations, bellhop.ID(pick(r, someOrgs...)))
	}
	for range r.IntN(3) {
		v.IDs = append(v.IDs, bellhop.ID(fmt.Sprintf("%024x", r.IntN(docs))))
	}
	return v
}

// TestListIsWhatTheDialectSays compares SQL with a plain evaluation of the same query.
func TestListIsWhatTheDialectSays(t *testing.T) {
	documents, queries := 60, 500
	if raceEnabled {
		documents, queries = 30, 30 // SQLite is many times slower then
	}
	kinds := []*bellhop.Kind{bellhop.Organizations, bellhop.Users, bellhop.Bots, bellhop.Conversations, bellhop.Messages}
	db := openForLists(t)
	for i, kind := range kinds {
		r := rolls{rand.New(rand.NewPCG(7, uint64(i)))}
		bodies := map[string]map[string]any{}
		insert(t, db, kind, func(add func(*bellhop.Document)) {
			for n := range documents {
				doc := r.document(kind, n)
				var body map[string]any
				if err := json.Unmarshal(doc.Body, &body); err != nil {
					t.Fatal(err)
				}
				if kind.Name == "user" || kind.Name == "organization" {
					// Beside these documents, too, there is an owner.
					doc.Organization, doc.OrgPath = bellhop.ID(someOrgs[n%4]), somePaths[someOrgs[n%4]]
				}
				bodies[string(doc.ID)] = body
				add(doc)
			}
		})
		for range queries {
			compareWithOracle(t, db, kind, bodies, r.query(kind), r.visible(documents))
			if t.Failed() {
				return
			}
		}
	}
}

func compareWithOracle(t *testing.T, db *DB, kind *bellhop.Kind, bodies map[string]map[string]any, rawQuery string, v Visible) {
	t.Helper()
	if kind.Name == "organization" {
		v.Roots, v.Organizations = nil, nil // their owner is not in their bodies
	}
	q, err := query.Parse(kind, rawQuery)
	if err != nil {
		t.Fatalf("Parse(%s) = %v", rawQuery, err)
	}
	var matching []map[string]any
	for _, body := range bodies {
		if visibleTo(kind, body, v) && !slices.ContainsFunc(q.Filters, func(f query.Filter) bool { return !evaluate(kind, body, f) }) {
			matching = append(matching, body)
		}
	}
	slices.SortFunc(matching, orderOf(kind, q.Sort))
	total := len(matching)
	page := matching[min(q.Offset, total):min(q.Offset+q.Limit, total)]
	want := make([]string, len(page))
	for i, body := range page {
		want[i] = body["id"].(string)
	}
	got, gotTotal := listIDs(t, db, kind, q, v)
	if !slices.Equal(got, want) || gotTotal != total {
		t.Errorf("%s?%s\nfor %+v\nlisted %d: %v\nwant   %d: %v", kind.Plural, rawQuery, v, gotTotal, got, total, want)
		for _, id := range append(got, want...) {
			if slices.Contains(got, id) != slices.Contains(want, id) {
				t.Logf("%s", encode(bodies[id]))
			}
		}
	}
}
