package conformance

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// scenario is a row of the table, as the comment of the package describes it.
type scenario struct {
	Name       string              `json:"name"`
	Options    map[string]any      `json:"options"`
	Env        map[string]string   `json:"env"`
	API        map[string][]answer `json:"api"`
	Handlers   map[string][]any    `json:"handlers"`
	Middleware map[string]any      `json:"middleware"`
	Serve      any                 `json:"serve"`
	Steps      []any               `json:"steps"`
	Only       string              `json:"only"`
	Port       []string            `json:"port"`
	Go         map[string]any      `json:"go"`
	Node       map[string]any      `json:"node"`
	Calls      []any               `json:"calls"`
	Requests   []any               `json:"requests"`
	Errors     []any               `json:"errors"`
	Answers    []any               `json:"answers"`

	id  int
	ids ids
}

// answer is one of the API.
type answer struct {
	Status  int               `json:"status"`
	Headers map[string]string `json:"headers"`
	Body    any               `json:"body"`
}

// table reads all scenarios.
func table(t *testing.T) []*scenario {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	var all []*scenario
	names := map[string]bool{}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var rows []json.RawMessage
		if err := json.Unmarshal(content, &rows); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		for i, row := range rows {
			s, err := parse(row, len(all))
			if err != nil {
				t.Fatalf("%s: scenario %d: %v", file, i, err)
			}
			if names[s.Name] {
				t.Fatalf("%s: there are two scenarios %q", file, s.Name)
			}
			names[s.Name] = true
			all = append(all, s)
		}
	}
	if len(all) == 0 {
		t.Fatal("the table is empty")
	}
	return all
}

func parse(row json.RawMessage, id int) (*scenario, error) {
	s := &scenario{id: id, ids: idsOf(id)}
	decoder := json.NewDecoder(strings.NewReader(s.ids.fill(string(row))))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(s); err != nil {
		return nil, err
	}
	if s.Name == "" {
		return nil, fmt.Errorf("it has no name")
	}
	if s.Options == nil {
		s.Options = map[string]any{}
	}
	if token, ok := s.Options["token"]; !ok {
		s.Options["token"] = s.ids.token
	} else if token == nil {
		delete(s.Options, "token")
	}
	for i, step := range s.Steps {
		if delivery, ok := step.(map[string]any); ok {
			expanded, err := s.ids.expand(delivery)
			if err != nil {
				return nil, fmt.Errorf("%s: step %d: %w", s.Name, i, err)
			}
			s.Steps[i] = expanded
		}
	}
	if s.Only != "" && s.Only != "node" {
		return nil, fmt.Errorf("%s: only %q is neither SDK", s.Name, s.Only)
	}
	if (s.Go != nil || s.Node != nil || s.Only != "") != (s.Port != nil) {
		return nil, fmt.Errorf("%s: what differs needs a line of the contract that says so, and the other way round", s.Name)
	}
	for _, own := range []map[string]any{s.Go, s.Node} {
		for what := range own {
			if !slices.Contains(observed, what) {
				return nil, fmt.Errorf("%s: %q is not observed", s.Name, what)
			}
		}
	}
	return s, nil
}

// observed are the names of what is compared.
var observed = []string{"calls", "requests", "errors", "answers"}

// wanted is what a scenario wants of one of the two SDKs, by the names of observed.
func (s *scenario) wanted(own map[string]any) map[string][]any {
	want := map[string][]any{"calls": s.Calls, "requests": s.Requests, "errors": s.Errors, "answers": s.Answers}
	for what, list := range own {
		want[what], _ = list.([]any)
	}
	requests := make([]any, len(want["requests"]))
	for i, r := range want["requests"] {
		requests[i] = s.ids.request(r)
	}
	want["requests"] = requests
	return want
}

// merge lays over on base; null takes away.
func merge(base, over map[string]any) map[string]any {
	merged := maps.Clone(base)
	for key, value := range over {
		if value == nil {
			delete(merged, key)
			continue
		}
		merged[key] = value
	}
	return merged
}

func encode(v any) string {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return err.Error()
	}
	return strings.TrimSuffix(b.String(), "\n")
}
