package event

import (
	"encoding/json"
	"errors"
	"math"
	"testing"
	"time"
)

func TestAppendValue(t *testing.T) {
	type custom struct {
		B string         `json:"b"`
		A map[string]int `json:"a,omitempty"`
	}
	cases := []struct {
		name string
		in   any
		want string
	}{
		{"nil", nil, `null`},
		{"bool", true, `true`},
		{"float", 1.0, `1`},
		{"negative zero", math.Copysign(0, -1), `0`},
		{"int", -5, `-5`},
		{"int64 that is no double", int64(math.MaxInt64), `9223372036854776000`},
		{"string", "<a & b>\u2028\x00\"\\\n\x7f", "\"<a & b>\u2028\\u0000\\\"\\\\\\n\x7f\""},
		{"broken string", "a\xffb\xe2\x82", "\"a\uFFFDb\uFFFD\""},
		{"strings", []string{"a", "b"}, `["a","b"]`},
		{"no strings", []string(nil), `[]`},
		{"array", []any{1, "x", nil, []any{}}, `[1,"x",null,[]]`},
		{"no array", []any(nil), `[]`},
		{"object", map[string]any{"b": 1, "a": 2, "10": 3, "9": 4, "é": 5, "B": 6}, `{"9":4,"10":3,"B":6,"a":2,"b":1,"é":5}`},
		{"no object", map[string]any(nil), `{}`},
		{"keys made equal", map[string]any{"\xfe": 1, "\xff": 2, "a": 3}, "{\"a\":3,\"\uFFFD\":2}"},
		{"raw", json.RawMessage(`{"kept": 1.0}`), `{"kept": 1.0}`},
		{"raw nothing", json.RawMessage(nil), `null`},
		{"raw inside", map[string]any{"a": json.RawMessage(`[1]`)}, `{"a":[1]}`},
		{"struct", custom{B: "<\u2028>", A: map[string]int{"x": 1, "10": 2, "9": 3}}, "{\"b\":\"<\u2028>\",\"a\":{\"9\":3,\"10\":2,\"x\":1}}"},
		{"number of encoding/json", json.Number("1.50"), `1.5`},
		{"time", time.Date(2024, 5, 26, 10, 15, 30, 0, time.UTC), `"2024-05-26T10:15:30Z"`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, err := AppendValue([]byte("kept"), c.in)
			if err != nil || string(got) != "kept"+c.want {
				t.Errorf("AppendValue(%v) = %q, %v, want %q", c.in, got, err, c.want)
			}
		})
	}
}

func TestAppendValueRefuses(t *testing.T) {
	deep := any("x")
	for range 2*MaxDepth + 1 {
		deep = []any{deep}
	}
	ring := map[string]any{}
	ring["self"] = ring
	for name, c := range map[string]struct {
		in   any
		want error
	}{
		"infinite": {math.Inf(1), ErrNumber},
		"NaN":      {[]any{math.NaN()}, ErrNumber},
		"deep":     {deep, ErrDepth},
		"ring":     {ring, ErrDepth},
	} {
		if got, err := AppendValue([]byte("kept"), c.in); !errors.Is(err, c.want) || string(got) != "kept" {
			t.Errorf("%s: AppendValue = %q, %v, want %v", name, got, err, c.want)
		}
	}
	if got, err := AppendValue([]byte("kept"), map[string]any{"f": func() {}}); err == nil || string(got) != "kept" {
		t.Errorf("AppendValue of a function = %q, %v, want an error", got, err)
	}
}

func TestAppendNumberNotFinite(t *testing.T) {
	if got := string(AppendNumber(nil, math.Inf(-1))); got != "null" {
		t.Errorf("AppendNumber(-Inf) = %s, want null", got)
	}
}
