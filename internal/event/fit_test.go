package event

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"
)

// cutBody renders a message event that must be cut, and takes it apart.
func cutBody(t *testing.T, message, conversation map[string]any) (m, c, data map[string]any) {
	t.Helper()
	e := sampleEnvelope()
	for i, with := range []map[string]any{conversation, message} {
		var resource map[string]any
		if err := json.Unmarshal(e.Data[i].Value, &resource); err != nil {
			t.Fatal(err)
		}
		for key, value := range with {
			resource[key] = value
		}
		value, err := AppendValue(nil, resource)
		if err != nil {
			t.Fatal(err)
		}
		e.Data[i].Value = value
	}
	instance := `{"meta":"` + strings.Repeat("x", InstanceRoom-len(`,"instance":{"meta":""}`)) + `"}`
	var got struct {
		Activity map[string]any
		Data     map[string]any
	}
	text := body(t, e, Fit, instance)
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		t.Fatal(err)
	}
	m, _ = got.Data["message"].(map[string]any)
	c, _ = got.Data["conversation"].(map[string]any)
	links, _ := got.Data["links"].(map[string]any)
	if got.Data["truncated"] != true || m["id"] != "64b0f1a2c3d4e5f607182980" || m["conversation"] != "64b0f1a2c3d4e5f607182970" ||
		c["id"] != "64b0f1a2c3d4e5f607182970" || c["organization"] != "64b0f1a2c3d4e5f60718294b" || len(links) != 4 || len(got.Activity) != 6 ||
		m["instance"] == nil || !strings.HasSuffix(text, `"},"truncated":true}}`) {
		t.Errorf("a cut body lacks what must stay: %.3000s", text)
	}
	for _, meta := range []any{m["meta"], c["meta"]} {
		if _, ok := meta.(map[string]any); !ok {
			t.Errorf("meta = %v, want an object", meta)
		}
	}
	if _, ok := c["participants"].([]any); !ok {
		t.Errorf("participants = %v, want an array", c["participants"])
	}
	return m, c, got.Data
}

// Contract: delivery.md Body bytes: Therefore messages and contacts
func TestCutMetaFirst(t *testing.T) {
	m, c, _ := cutBody(t,
		map[string]any{"text": strings.Repeat("t", 40_000), "meta": map[string]any{"note": strings.Repeat("é", 60_000), "step": "2"}},
		map[string]any{"meta": map[string]any{"note": strings.Repeat("n", 30_000)}})
	mMeta, cMeta := m["meta"].(map[string]any), c["meta"].(map[string]any)
	if len(m["text"].(string)) != 40_000 || mMeta["step"] != "2" {
		t.Errorf("text has %d bytes, step = %v, want both whole", len(m["text"].(string)), mMeta["step"])
	}
	a, b := mMeta["note"].(string), cMeta["note"].(string)
	if !utf8.ValidString(a) || len(b)-len(a) > 1 || len(a) > len(b) || len(b) < 20_000 {
		t.Errorf("notes have %d and %d bytes, want the same, and as much as fits", len(a), len(b))
	}
}

func TestCutText(t *testing.T) {
	for name, text := range map[string]string{
		"ascii":  strings.Repeat("t", 300_000),
		"emoji":  strings.Repeat("👍", 100_000),
		"escape": strings.Repeat("\x01\"\\\n", 50_000),
	} {
		t.Run(name, func(t *testing.T) {
			m, c, _ := cutBody(t,
				map[string]any{"text": text, "actions": []any{map[string]any{"text": strings.Repeat("a", 3000)}}},
				map[string]any{"meta": map[string]any{"step": "2", "note": strings.Repeat("n", 2000)}})
			got := m["text"].(string)
			encoded := len(AppendString(nil, got))
			if !strings.HasPrefix(text, got) || encoded < 80_000 {
				t.Errorf("text has %d bytes, want as much of it as fits", encoded)
			}
			meta := c["meta"].(map[string]any)
			if meta["step"] != "2" || len(meta["note"].(string)) != 256 {
				t.Errorf("meta = %v, want short values whole, although they come first", meta)
			}
			if a := m["actions"].([]any)[0].(map[string]any); len(a["text"].(string)) != 3000 {
				t.Errorf("action is cut to %d bytes, want it whole", len(a["text"].(string)))
			}
		})
	}
}

func TestCutOtherStrings(t *testing.T) {
	m, c, _ := cutBody(t,
		map[string]any{"text": strings.Repeat("t", 2000), "items": []any{map[string]any{"title": "short", "description": strings.Repeat("d", 200_000)}}},
		map[string]any{"name": "Jenny"})
	item := m["items"].([]any)[0].(map[string]any)
	if n := len(item["description"].(string)); n < 80_000 || item["title"] != "short" || c["name"] != "Jenny" {
		t.Errorf("item = %.100v (%d bytes), want only its description cut", item, n)
	}
}

func TestCutArrays(t *testing.T) {
	var tags []any
	for i := range 20_000 {
		tags = append(tags, fmt.Sprintf("tag%d", i))
	}
	var people []any
	for range 100 {
		people = append(people, map[string]any{"user": "64b0f1a2c3d4e5f607182930", "name": "Echo", "role": "bot", "active": true})
	}
	m, c, _ := cutBody(t, map[string]any{"meta": map[string]any{"users": []any{"64b0f1a2c3d4e5f607182930"}}},
		map[string]any{"tags": tags, "participants": people})
	got := c["tags"].([]any)
	if len(got) < 3000 || got[0] != "tag0" || len(c["participants"].([]any)) != 100 {
		t.Errorf("%d tags, %d participants, want as many tags as fit and all participants", len(got), len(c["participants"].([]any)))
	}
	if users := m["meta"].(map[string]any)["users"].([]any); len(users) != 1 || users[0] != "64b0f1a2c3d4e5f607182930" {
		t.Errorf("users = %v", users)
	}

	for range 2000 {
		people = append(people, people[0])
	}
	_, c, _ = cutBody(t, nil, map[string]any{"participants": people})
	if n := len(c["participants"].([]any)); n < 500 {
		t.Errorf("%d participants, want as many as fit", n)
	}
}

func TestCutKeys(t *testing.T) {
	meta := map[string]any{"users": []any{"64b0f1a2c3d4e5f607182930"}, "zzz": strings.Repeat("z", 200_000)}
	for i := range 30_000 {
		meta[fmt.Sprintf("key%d", i)] = "v"
	}
	m, _, _ := cutBody(t, map[string]any{"meta": meta}, map[string]any{"meta": meta})
	got := m["meta"].(map[string]any)
	if len(got) < 100 || len(got["users"].([]any)) != 1 {
		t.Errorf("meta has %d keys and users %v, want as many as fit", len(got), got["users"])
	}
}

func TestCutEverything(t *testing.T) {
	nested := any(strings.Repeat("x", 100))
	for range 30 {
		nested = []any{map[string]any{strings.Repeat("k", 3000): nested}}
	}
	var objects []any
	for i := range 300 {
		objects = append(objects, map[string]any{fmt.Sprintf("%0500d", i): 1})
	}
	m, _, _ := cutBody(t, map[string]any{"text": strings.Repeat("\n", 90_000), "items": objects, "actions": []any{nested}},
		map[string]any{"meta": map[string]any{strings.Repeat("k", 90_000): 1}, "forms": objects, "results": objects})
	if _, ok := m["text"].(string); !ok {
		t.Errorf("text = %v, want a string", m["text"])
	}
}

func TestCutDoesNotChangeData(t *testing.T) {
	e := sampleEnvelope()
	e.Data[1].Value = raw(strings.Replace(sampleMessage, "Hello", strings.Repeat("Hello ", 50_000), 1))
	before := string(e.Data[1].Value)
	if _, err := e.Payload(Fit); err != nil {
		t.Fatal(err)
	}
	if string(e.Data[1].Value) != before || len(e.Data) != 2 {
		t.Error("Payload changed Data")
	}
}

func TestFitInstance(t *testing.T) {
	small := raw(`{"id":"x","enabled":true,"meta":{"a":"b"}}`)
	if got, err := FitInstance(small); err != nil || string(got) != string(small) {
		t.Errorf("FitInstance(%s) = %s, %v", small, got, err)
	}
	large := raw(`{"id":"64b0f1a2c3d4e5f607182990","bot":"64b0f1a2c3d4e5f607182930","enabled":true,"meta":{"a":"b","long":"` +
		strings.Repeat("ü", 9000) + `"}}`)
	got, err := FitInstance(large)
	if err != nil || len(got) > InstanceRoom || len(got) < InstanceRoom-50 ||
		!strings.HasPrefix(string(got), `{"id":"64b0f1a2c3d4e5f607182990","bot":"64b0f1a2c3d4e5f607182930","enabled":true,"meta":{"a":"b","long":"üü`) {
		t.Errorf("FitInstance = %.200s (%d bytes), %v", got, len(got), err)
	}
	if _, err := FitInstance(raw(strings.Repeat("x", 9000))); !errors.Is(err, ErrSyntax) && !errors.Is(err, ErrTooLarge) {
		t.Errorf("FitInstance of no JSON: %v", err)
	}
}

func TestCutEscaped(t *testing.T) {
	const text = `a\\\"b\u001f\\é👍\n`
	var plain string
	if err := json.Unmarshal([]byte(`"`+text+`"`), &plain); err != nil {
		t.Fatal(err)
	}
	for n := range len(text) + 2 {
		end := cutEscaped([]byte(text), n)
		var got string
		err := json.Unmarshal([]byte(`"`+text[:end]+`"`), &got)
		if err != nil || end > n || n-end > 5 || !strings.HasPrefix(plain, got) || !utf8.ValidString(text[:end]) {
			t.Errorf("cutEscaped(%s, %d) = %d, %q (%v)", text, n, end, got, err)
		}
	}
}
