package api_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"testing"

	"bellhop"
)

// chance makes requests out of the words of the API: of every field with values that fit,
// that nearly fit, and that do not.
type chance struct {
	*rand.Rand
	ids  []string
	made map[string][]string // ids by the path of their kind
}

// TestRandomRequests sends what no person would, and looks for 5xx. Requests that succeed
// build on each other.
//
// Contract: resources.md 5: 5xx | only for faults
func TestRandomRequests(t *testing.T) {
	const requests = 3000
	h := open(t)
	bot, botID := h.bot("Echo", h.acme, "bot")
	h.admin.create("/v2/services", object{"name": "T", "type": "twilio"})
	form := h.admin.create("/v2/forms", object{"name": "Lead", "organization": h.acme, "fields": []object{{"name": "Brand", "key": "brand"}}})
	h.admin.must(200, "PATCH", "/v2/organizations/"+h.acme, object{"categories": []object{{"name": "a", "forms": []string{form}}}}, nil)
	c := &chance{rand.New(rand.NewPCG(1, 2)), []string{
		botID, h.acme, h.other, h.top, h.conversation("Jenny", h.acme), h.conversation("John", h.top),
		form, "64b0f1a2c3d4e5f6071829ff", "", "x", "018f4a2b-7c1d-7e3f-8a5b-0123456789ab",
	}, map[string][]string{}}
	statuses := map[int]int{}
	for i := range requests {
		who := []client{h.admin, h.admin, bot}[c.IntN(3)]
		method, target, body := c.request()
		got := who.call(method, target, body)
		statuses[got.status]++
		log := h.log.take()
		if got.status >= 500 || log != "" || got.body != "" && !json.Valid([]byte(got.body)) {
			t.Fatalf("request %d: %s %s with %s = %d %s\n%s", i, method, target, body, got.status, got.body, log)
		}
		var made struct{ ID string }
		if got.status == 201 && json.Unmarshal([]byte(got.body), &made) == nil && made.ID != "" {
			c.ids = append(c.ids, made.ID)
			c.made[target] = append(c.made[target], made.ID)
		}
		if got.status == 401 { // the bot was deleted
			bot, _ = h.bot("Echo", h.acme, "bot")
		}
	}
	for _, status := range []int{200, 201, 202, 204, 400, 403, 404, 409} {
		if statuses[status] == 0 {
			t.Errorf("no request was answered with %d: they are all alike: %v", status, statuses)
		}
	}
}

func pick[T any](c *chance, of ...T) T { return of[c.IntN(len(of))] }

// of returns an id that is likely one of that kind.
func (c *chance) of(kind *bellhop.Kind) string {
	ids := c.made["/v2/"+kind.Plural]
	if len(ids) == 0 || c.IntN(8) == 0 {
		ids = c.ids
	}
	return url.PathEscape(pick(c, ids...))
}

func (c *chance) request() (method, target, body string) {
	kinds := append([]*bellhop.Kind{bellhop.Events, bellhop.Deliveries, bellhop.Replays}, bellhop.Kinds()...)
	if c.IntN(3) > 0 { // mostly those that have rules of their own
		kinds = slices.DeleteFunc(kinds, func(k *bellhop.Kind) bool { return k.Open && k != bellhop.Bots && k != bellhop.BotInstances })
	}
	kind := pick(c, kinds...)
	method = pick(c, "GET", "GET", "POST", "POST", "POST", "PATCH", "PATCH", "DELETE")
	target = "/v2/" + kind.Plural
	switch {
	case kind == bellhop.Messages && c.IntN(2) == 0:
		method, target = pick(c, "GET", "POST"), "/v2/conversations/"+c.of(bellhop.Conversations)+"/messages"
	case kind == bellhop.Messages && c.IntN(4) == 0:
		method, target = "PUT", target+"/"+c.of(kind)
	case kind == bellhop.Events || kind == bellhop.Deliveries || kind == bellhop.Replays:
		method = pick(c, "GET", "POST")
	case method != "POST" && !(method == "GET" && c.IntN(2) == 0):
		target += "/" + c.of(kind)
	}
	if method == "GET" {
		return method, target + "?" + c.query(kind), ""
	}
	if method == "DELETE" {
		return method, target, ""
	}
	value := any(c.object(kind.Fields))
	if kind == bellhop.Events {
		value = object{
			"event": pick(c, "order.created", "order.paid", "user.x", ""), "data": pick[any](c, object{"a": 1}, nil, 7),
			"key": pick(c, "k", ""), "organization": pick(c, "", c.of(bellhop.Organizations)),
			"id": pick(c, "", "018f4a2b-7c1d-7e3f-8a5b-0123456789ab", "x"),
		}
	}
	if c.IntN(8) == 0 {
		value = []any{value, value}
	}
	text, err := json.Marshal(value)
	if err != nil {
		panic(err) // values of JSON types have a JSON form
	}
	return method, target, string(text)
}

// object returns some of the fields, and sometimes what is no field.
func (c *chance) object(fields []bellhop.Field) object {
	o := object{}
	for i := range fields {
		f := &fields[i]
		if f.Name != "password" && (f.Required || c.IntN(4) == 0) {
			o[f.Name] = c.field(f)
		}
	}
	if c.IntN(10) == 0 {
		o[pick(c, "error", "_id", "0", "", "a.b", "constructor", "contact", "messages", "bot")] = c.any(2)
	}
	return o
}

func (c *chance) field(f *bellhop.Field) any {
	if c.IntN(8) == 0 {
		return c.any(2)
	}
	if !f.List {
		return c.fitting(f)
	}
	list := make([]any, c.IntN(4))
	for i := range list {
		list[i] = c.fitting(f)
	}
	return list
}

func (c *chance) fitting(f *bellhop.Field) any {
	switch f.Type {
	case bellhop.Number:
		return pick(c, 0.0, 1, -1, 9, 10, 0.5, 1e300)
	case bellhop.Bool:
		return c.IntN(2) == 0
	case bellhop.Date:
		return pick(c, "2024-05-26", "2024-05-26T10:15:30.123Z", "now")
	case bellhop.Ref:
		return c.of(bellhop.KindNamed(f.Ref))
	case bellhop.Object:
		if f.Fields == nil || f.Name == "profile" {
			return pick[any](c, object{}, c.any(3), object{"email": pick(c, "a@example.com", "b@example.com", "c"), "name": "A"},
				object{"users": c.ids}, c.messageMeta(), object{"text": "t", "type": "reply", "actions": []any{c.any(2)}}, object{"profile": object{"telephone": "+441134960999"}})
		}
		return c.object(f.Fields)
	case bellhop.Any:
		return c.any(2)
	}
	if f.Enum != nil {
		return pick(c, f.Enum...)
	}
	return pick(c, "", "a", "a@example.com", fmt.Sprintf("u%d@example.com", c.IntN(1000)), "twilio", "smartsupp", "/set a b", "/assign",
		"/leave", "/accept", "/join", "/set @category 3", "/notify", ">bot", "+x", "-x", ".a b", ".brand x", ".telephone +441134960998", "#a", "@Echo hi",
		">cs .email c@example.com", ">cs /set @tags a", ">cs +"+pick(c, c.ids...), "+"+pick(c, c.ids...), "\x00\u2028", strings.Repeat("long ", 200), "active", "inactive", "sms")
}

// messageMeta returns what messages of some types need.
func (c *chance) messageMeta() object {
	return object{
		pick(c, "targetUser", "targetBot", "targetOrganization", "form"): pick[any](c, pick(c, c.ids...), c.ids, c.any(1)),
		pick(c, "categoryIndex", "category", "form", "targetUser"):       pick[any](c, 0, "1", "a", pick(c, c.ids...), c.any(1)),
	}
}

// any returns any JSON value, nested no deeper than depth.
func (c *chance) any(depth int) any {
	switch n := c.IntN(8); {
	case n == 0:
		return nil
	case n == 1:
		return c.IntN(3) - 1
	case n == 2:
		return 1e18 + 0.5
	case n == 3:
		return true
	case n == 4 || depth == 0:
		return pick(c, c.ids...)
	case n == 5:
		return []any{c.any(depth - 1), c.any(depth - 1)}
	default:
		return object{pick(c, "a", "0", "user", "name", "url", "text", "type"): c.any(depth - 1), "b.c": c.any(depth - 1)}
	}
}

func (c *chance) query(kind *bellhop.Kind) string {
	var parts []string
	names := make([]string, 0, len(kind.Fields)+1)
	for _, f := range kind.Fields {
		names = append(names, f.Name)
		for _, inner := range f.Fields {
			names = append(names, f.Name+"."+inner.Name)
		}
	}
	names = append(names, "meta.a.b", "none", "organization.name", "a'b\"c")
	for range c.IntN(5) {
		name := pick(c, names...)
		switch c.IntN(6) {
		case 0:
			parts = append(parts, "sort="+pick(c, "", "-")+name)
		case 1:
			parts = append(parts, pick(c, "select=", "populate=", "select=-")+url.QueryEscape(name+","+pick(c, names...)))
		case 2:
			parts = append(parts, pick(c, "limit=", "offset=")+pick(c, "0", "1", "-1", "999999999999999999999", "x"))
		default:
			value := pick(c, "", "!", "~", "^", "$", ">", ">=", "<", "<=", "[", "![") +
				pick(c, "", "a", "1", "true", "2024-01-31", "[a,b]", "]", "'", "%", "_", "\x00", pick(c, c.ids...))
			parts = append(parts, url.QueryEscape(name)+pick(c, "=", "[]=")+url.QueryEscape(value))
		}
	}
	if kind == bellhop.Messages && c.IntN(4) > 0 {
		parts = append(parts, "createdAt=>2000-01-01")
	}
	return strings.Join(parts, "&")
}
