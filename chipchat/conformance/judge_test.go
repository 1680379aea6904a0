package conformance

import (
	"encoding/json"
	"maps"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// played is what came of a scenario.
type played struct {
	ID       int   `json:"id"`
	Calls    []any `json:"calls"`
	Errors   []any `json:"errors"`
	Answers  []any `json:"answers"`
	Requests []any `json:"-"`
}

// judge compares what came of a scenario with what it wants.
func judge(t *testing.T, want map[string][]any, got played, same func(what string, got, want any) bool) {
	t.Helper()
	all := map[string][]any{"calls": got.Calls, "requests": got.Requests, "errors": got.Errors, "answers": got.Answers}
	for _, what := range observed {
		g, w := normal(all[what]), normal(want[what])
		equal := len(g) == len(w)
		for i := 0; equal && i < len(g); i++ {
			equal = same(what, g[i], w[i])
		}
		if !equal {
			t.Errorf("%s are\n%s\nwant\n%s", what, lines(what, g), lines(what, w))
		}
	}
}

// normal is a list as JSON has it.
func normal(list []any) (all []any) {
	if err := json.Unmarshal([]byte(encode(list)), &all); err != nil {
		return []any{err.Error()}
	}
	return all
}

func lines(what string, list []any) string {
	all := make([]string, len(list))
	for i, v := range list {
		if request, ok := v.([]any); ok && what == "requests" && len(request) == 3 {
			v = request[:2]
		}
		all[i] = "\t" + encode(v)
	}
	return strings.Join(all, "\n")
}

// equal is the comparison that both SDKs must pass: requests mean the same, anything else is the same.
func equal(what string, got, want any) bool {
	if what != "requests" {
		return like(got, want)
	}
	g, w := got.([]any), want.([]any)
	if !sameLine(g[0].(string), w[0].(string)) {
		return false
	}
	if len(w) > 1 {
		if !reflect.DeepEqual(g[1], w[1]) {
			return false
		}
	} else if body, ok := g[1].(string); !ok || body != "" {
		return false
	}
	if len(w) < 3 {
		return true
	}
	headers := g[2].(map[string]any)
	for name, value := range w[2].(map[string]any) {
		if !like(headers[name], value) {
			return false
		}
	}
	return true
}

// like is equality, but a text wanted that ends with * is the beginning of the text.
func like(got, want any) bool {
	switch w := want.(type) {
	case string:
		g, ok := got.(string)
		beginning, open := strings.CutSuffix(w, "*")
		return ok && (g == w || open && strings.HasPrefix(g, beginning))
	case []any:
		g, ok := got.([]any)
		return ok && slices.EqualFunc(g, w, like)
	case map[string]any:
		g, ok := got.(map[string]any)
		return ok && maps.EqualFunc(g, w, like)
	}
	return reflect.DeepEqual(got, want)
}

// sameLine compares request lines: the order of a query, and which characters are percent-encoded, mean nothing.
func sameLine(got, want string) bool {
	g, w := strings.SplitN(got, "?", 2), strings.SplitN(want, "?", 2)
	if g[0] != w[0] || len(g) != len(w) {
		return false
	}
	if len(g) == 1 {
		return true
	}
	gotQuery, err := url.ParseQuery(g[1])
	if err != nil {
		return false
	}
	wantQuery, err := url.ParseQuery(w[1])
	return err == nil && reflect.DeepEqual(gotQuery, wantQuery)
}
