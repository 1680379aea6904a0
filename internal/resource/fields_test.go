package resource

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"bellhop"
)

// docs/contract/resources.md sections 3 and 5.
func TestDecodeRefuses(t *testing.T) {
	for _, test := range []struct {
		name string
		kind *bellhop.Kind
		body string
		want string
	}{
		{"empty", bellhop.Services, ``, "Invalid JSON"},
		{"cut", bellhop.Services, `{"name":`, "Invalid JSON"},
		{"two values", bellhop.Services, `{} {}`, "Invalid JSON"},
		{"array", bellhop.Services, `[]`, "Validation failed: the body must be an object"},
		{"null", bellhop.Services, `null`, "Validation failed: the body must be an object"},
		{"error", bellhop.Bots, `{"error":"x"}`, "Validation failed: error"},
		{"number for text", bellhop.Services, `{"name":1}`, "Validation failed: name must be a string"},
		{"text for object", bellhop.Services, `{"params":"x"}`, "Validation failed: params must be an object"},
		{"text for bool", bellhop.Bots, `{"enabled":"yes"}`, "Validation failed: enabled must be true or false"},
		{"text for list", bellhop.Bots, `{"tags":"a"}`, "Validation failed: tags must be an array"},
		{"number in list", bellhop.Bots, `{"tags":["a",1]}`, "Validation failed: tags must be a string"},
		{"short id", bellhop.Services, `{"bot":"17"}`, "Validation failed: bot must be an id"},
		{"upper case id", bellhop.Services, `{"bot":"64B0F1A2C3D4E5F607182930"}`, "Validation failed: bot must be an id"},
		{"enum", bellhop.Organizations, `{"status":"asleep"}`, "Validation failed: status must be one of active, inactive"},
		{"inner field", bellhop.Organizations, `{"categories":[{"name":1}]}`, "Validation failed: categories.name must be a string"},
		{"too deep", bellhop.Services, strings.Repeat(`{"meta":`, 101) + "1" + strings.Repeat("}", 101), "Validation failed"},
		{"infinite", bellhop.Services, `{"meta":{"n":1e999}}`, "Validation failed"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := decode(test.kind, []byte(test.body), nil)
			e, ok := errors.AsType[*bellhop.Error](err)
			if !ok || e.Code != bellhop.Invalid || !strings.HasPrefix(e.Message, test.want) {
				t.Errorf("decode(%.60s) = %v, want %q", test.body, err, test.want)
			}
		})
	}
}

func TestDecodeCleans(t *testing.T) {
	for _, test := range []struct {
		name       string
		kind       *bellhop.Kind
		body, want string
	}{
		{"read-only fields are ignored", bellhop.Organizations, `{"name":"A","id":"x","path":"x","level":7,"createdAt":"x","updatedAt":1,"createdBy":2}`, `{"name":"A"}`},
		{"undeclared fields are ignored", bellhop.Services, `{"name":"A","shoe":1}`, `{"name":"A"}`},
		{"or kept, for kinds without behaviour", bellhop.BotInstances, `{"shoe":1}`, `{"shoe":1}`},
		{"null is kept for PATCH", bellhop.Services, `{"meta":null}`, `{"meta":null}`},
		{"U+0000 and lone surrogates", bellhop.Services, `{"name":"a\u0000b\ud800"}`, `{"name":"a` + "\ufffdb\ufffd" + `"}`},
		{"numbers become doubles", bellhop.Services, `{"meta":{"n":12345678901234567890}}`, `{"meta":{"n":12345678901234567000}}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			sent, err := decode(test.kind, []byte(test.body), nil)
			if err != nil {
				t.Fatal(err)
			}
			var want map[string]any
			if err := json.Unmarshal([]byte(test.want), &want); err != nil {
				t.Fatal(err)
			}
			got, _ := json.Marshal(sent)
			wanted, _ := json.Marshal(want)
			if string(got) != string(wanted) {
				t.Errorf("decode = %s, want %s", got, wanted)
			}
		})
	}
}

// docs/contract/resources.md section 3, the example of PATCH.
func TestMerge(t *testing.T) {
	stored := map[string]any{"name": "A", "type": "smartsupp", "params": map[string]any{"jid": "j1", "port": 5223.0}, "meta": map[string]any{"a": 1.0}}
	sent := map[string]any{"name": "B", "params": map[string]any{"jid": "j2"}, "meta": nil}
	merged := merge(stored, sent)
	if err := setDefaults(bellhop.Services.Fields, merged); err != nil {
		t.Fatal(err)
	}
	got, err := render(bellhop.Services, merged)
	if want := `{"name":"B","type":"smartsupp","params":{"jid":"j2"},"meta":{}}`; err != nil || string(got) != want {
		t.Errorf("merged %s, %v, want %s", got, err, want)
	}
	if stored["name"] != "A" {
		t.Error("merge has changed what is stored")
	}
}

// docs/contract/resources.md section 3: read-only fields in PATCH are ignored, whatever they hold.
func TestDecodeIgnoresWhatCannotChange(t *testing.T) {
	sent, err := decode(bellhop.Messages, []byte(`{"text":"a","conversation":"x","user":1,"participants":"z"}`), []string{"text"})
	if err != nil || len(sent) != 1 || sent["text"] != "a" {
		t.Errorf("decode = %v, %v, want the text alone", sent, err)
	}
}

func TestRenderOrder(t *testing.T) {
	got, err := render(bellhop.BotInstances, map[string]any{"zebra": 1.0, "2": 1.0, "meta": map[string]any{}, "bot": "b", "ant": 1.0})
	if want := `{"2":1,"bot":"b","meta":{},"ant":1,"zebra":1}`; err != nil || string(got) != want {
		t.Errorf("render = %s, %v, want %s", got, err, want)
	}
}
