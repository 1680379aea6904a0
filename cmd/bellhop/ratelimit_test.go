package main

import "testing"

func TestRateLimit(t *testing.T) {
	for text, want := range map[string]rateLimit{
		"0": {}, "20": {20, 20}, "20:100": {20, 100}, "0.5": {0.5, 1}, "1.5": {1.5, 2}, "0.01:1": {0.01, 1}, "1000000:1000000": {1e6, 1e6},
	} {
		var r rateLimit
		if err := r.Set(text); err != nil || r != want {
			t.Errorf("%s is %v, %v, want %v", text, r, err, want)
		}
		var again rateLimit
		if err := again.Set(r.String()); err != nil || again != r {
			t.Errorf("%s is written as %s, which is %v, %v", text, &r, again, err)
		}
	}
	for _, text := range []string{"", ":", "20:", ":20", "20:0", "20:-1", "20:x", "20:1.5", "20:1:1", "-1", "0:5", "0.001", "1e7", "NaN", "Inf", "many", "20/s", "20:99999999999999999999"} {
		var r rateLimit
		if err := r.Set(text); err == nil {
			t.Errorf("%q is %v, want an error", text, r)
		}
	}
}
