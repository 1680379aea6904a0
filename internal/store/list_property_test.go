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
	for _, f := range kind.Fields {
		if _, set := body[f.Name]; !set && !isElsewhere(kind, f.Name) {
			r.member(body, f.Name, r.field(&f))
		}
	}
	if kind.Open {
		for range r.IntN(3) {
			body["x"+pick(r, hostileKeys...)] = r.free(3)
		}
	}
	switch kind {
	case bellhop.Organizations:
		delete(body, "organization")
		delete(body, "orgPath")
		body["path"] = doc.OrgPath // an organization stands under its own path
	case bellhop.Users:
		delete(body, "organization")
		delete(body, "orgPath")
		body["organizations"] = r.list(func() any {
			owner := pick(r, someOrgs...)
			return map[string]any{"organization": owner, "orgPath": somePaths[owner], "role": r.text(), "selected": r.IntN(2) == 0}
		})
	case bellhop.Messages:
		conversation := pick(r, someOrgs...)
		doc.Parent, body["conversation"] = bellhop.ID(conversation), conversation
	}
	doc.Body = encode(body)
	return doc
}

// field makes a value of a field's type.
func (r rolls) field(f *bellhop.Field) any {
	if f.List {
		one := *f
		one.List = false
		return r.list(func() any { return r.field(&one) })
	}
	switch f.Type {
	case bellhop.Number:
		return pick(r, someNumbers...)
	case bellhop.Bool:
		return r.IntN(2) == 0
	case bellhop.Date:
		return r.date().String()
	case bellhop.Ref:
		return r.owner()
	case bellhop.Any:
		return r.free(2)
	case bellhop.Object:
		object := r.object(2)
		for i := range f.Fields {
			r.member(object, f.Fields[i].Name, r.field(&f.Fields[i]))
		}
		return object
	}
	return r.text()
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
		names := append(namesOf(kind.Fields, ""), "nosuch", "meta.nosuch", "name.nosuch", "participants.nosuch", "messages.nosuch")
		return pick(r, slices.DeleteFunc(names, func(name string) bool { return isElsewhere(kind, name) })...)
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
	name := ""
	for range r.IntN(4) {
		if name == "" || r.IntN(4) > 0 { // else another filter of the same name
			name = r.path(kind)
		}
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
	if kind == bellhop.Conversations && r.IntN(3) == 0 { // what has ways of its own
		add(pick(r, "participants.user", "participants.user", "participants.inbox", "status"), pick(r, "", "", "!")+pick(r, "true", someOrgs[0], someOrgs[1], "a"))
	}
	if r.IntN(4) == 0 {
		add("organization", pick(r, someOrgs[0], someOrgs[3], "["+someOrgs[1]+","+someOrgs[2]+"]", "["+someOrgs[1]+",x]", "!"+someOrgs[1]))
	}
	switch r.IntN(4) {
	case 0:
		add("sort", pick(r, "", "-")+"createdAt")
	case 1:
		var keys []string
		for range 1 + r.IntN(4) {
			keys = append(keys, pick(r, "", "-")+r.path(kind))
		}
		add("sort", strings.Join(keys, ","))
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

// TestListIsWhatTheDialectSays compares SQL with a plain evaluation of the same query, for all kinds: with all
// operators on fields of all types, declared or not, in objects and arrays. The oracle is those rows and sentences once
// more, in Go.
//
// Contract: resources.md Filter operators: v | equal
// Contract: resources.md Filter operators: !v | not equal
// Contract: resources.md Filter operators: ~v | contains
// Contract: resources.md Filter operators: ^v | starts with
// Contract: resources.md Filter operators: $v | ends with
// Contract: resources.md Filter operators: >v >=v | greater
// Contract: resources.md Filter operators: <v <=v | less
// Contract: resources.md Filter operators: [a,b,...] | any of
// Contract: resources.md Filter operators: ![a,b] | none of
// Contract: resources.md Filter operators: empty | field exists
// Contract: resources.md Filter operators: ! alone | field does not exist
// Contract: resources.md Filter operators: name ending in [], repeated
// Contract: resources.md Filter operators: same name repeated without []
// Contract: resources.md Filter operators: The inferred rows are
// Contract: resources.md Filter operators: ~ ^ $ take plain text
// Contract: resources.md Filter operators: The value is converted
// Contract: resources.md Filter operators: Arrays: a filter on an array field
// Contract: resources.md Filter operators: meta.a.b=v matches
// Contract: resources.md Filter operators: References compare by id
// Contract: resources.md Filter operators: A field that does not exist
// Contract: resources.md sort, limit, offset, select, populate: sort=field,-field2
func TestListIsWhatTheDialectSays(t *testing.T) {
	forEngines(t, testListIsWhatTheDialectSays)
}

func testListIsWhatTheDialectSays(t *testing.T, db *DB) {
	documents, queries := 60, 120
	if raceEnabled {
		documents, queries = 30, 10 // SQLite is many times slower then
	}
	queries = forEngine(db, queries)
	for i, kind := range bellhop.Kinds() {
		r := rolls{rand.New(rand.NewPCG(7, uint64(i)))}
		bodies := r.fill(t, db, kind, documents)
		queries := queries
		switch kind {
		case bellhop.Organizations, bellhop.Users, bellhop.Bots, bellhop.Contacts, bellhop.Conversations, bellhop.Messages:
			queries *= 3 // each is stored in its own way
		}
		for range queries {
			compareWithOracle(t, db, kind, bodies, r.query(kind), r.visible(documents))
			if t.Failed() {
				return
			}
		}
		if kind == bellhop.Organizations { // of which the others are
			insert(t, db, kind, func(add func(*bellhop.Document)) {
				for _, id := range someOrgs {
					add(&bellhop.Document{ID: bellhop.ID(id), Organization: bellhop.ID(id), OrgPath: somePaths[id], Body: []byte(`{}`)})
				}
			})
		}
	}
}

// fill stores random documents, of which some become others and some go again. It returns what is
// there by id.
func (r rolls) fill(t *testing.T, db *DB, kind *bellhop.Kind, documents int) map[string]map[string]any {
	t.Helper()
	bodies := map[string]map[string]any{}
	make := func(n int) *bellhop.Document {
		doc := r.document(kind, n)
		var body map[string]any
		if err := json.Unmarshal(doc.Body, &body); err != nil {
			t.Fatal(err)
		}
		if kind == bellhop.Users || kind == bellhop.Organizations {
			// Beside these documents, too, there is an owner.
			doc.Organization, doc.OrgPath = bellhop.ID(someOrgs[n%4]), somePaths[someOrgs[n%4]]
		}
		bodies[string(doc.ID)] = body
		return doc
	}
	insert(t, db, kind, func(add func(*bellhop.Document)) {
		for n := range documents + documents/10 {
			add(make(n))
		}
	})
	err := db.Update(t.Context(), func(tx *Tx) error {
		for n := range documents + documents/10 {
			id := bellhop.ID(fmt.Sprintf("%024x", n))
			switch {
			case n >= documents:
				delete(bodies, string(id))
				if err := tx.Delete(t.Context(), kind, id); err != nil {
					return err
				}
			case n%3 == 0:
				created := bodies[string(id)]["createdAt"]
				doc := make(n)
				bodies[string(id)]["createdAt"] = created // which never changes
				if err := tx.Replace(t.Context(), kind, doc); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return bodies
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

// isElsewhere reports whether a field is not in the documents themselves, which the plain
// evaluation looks at.
func isElsewhere(kind *bellhop.Kind, field string) bool {
	return kind == bellhop.Conversations && (field == "messages" || field == "channels")
}
