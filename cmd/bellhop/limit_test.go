package main

import (
	"testing"
	"time"
)

func TestAge(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"7d": 7 * day, "36h": 36 * time.Hour, "1d12h": 36 * time.Hour, "90m": 90 * time.Minute, "0": 0, "0d": 0, "1d0h": day,
	} {
		var a age
		if err := a.Set(text); err != nil || time.Duration(a) != want {
			t.Errorf("%s is %v, %v, want %v", text, time.Duration(a), err, want)
		}
		var again age
		if err := again.Set(a.String()); err != nil || again != a {
			t.Errorf("%s is written as %s, which is %v, %v", text, &a, time.Duration(again), err)
		}
	}
	for _, text := range []string{"", "d", "7", "7days", "1.5d", "-7d", "-1h", "99999d", "1d24h", "12h1d", "1d-1h", "week"} {
		var a age
		if err := a.Set(text); err == nil {
			t.Errorf("%q is %v, want an error", text, time.Duration(a))
		}
	}
}

func TestSize(t *testing.T) {
	for text, want := range map[string]int64{
		"20GiB": 20 << 30, "20 gib": 20 << 30, "500MB": 500_000_000, "1048576": 1 << 20, "0": 0, "1.5GiB": 3 << 29,
	} {
		var s size
		if err := s.Set(text); err != nil || int64(s) != want {
			t.Errorf("%s is %d, %v, want %d", text, s, err, want)
		}
	}
	for _, text := range []string{"", "GiB", "-1", "1XB", "lots", "99999999EiB", "NaN"} {
		var s size
		if err := s.Set(text); err == nil {
			t.Errorf("%q is %d, want an error", text, s)
		}
	}
}
