package ui

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

var property = regexp.MustCompile(`--([a-z-]+): (#[0-9a-f]{6});`)

// colours returns the custom properties of the stylesheet, in light and in dark.
func colours(t *testing.T) (light, dark map[string]string) {
	t.Helper()
	css, err := staticFiles.ReadFile("static/css/10-tokens.css")
	must(t, err)
	before, after, ok := strings.Cut(string(css), "@media (prefers-color-scheme: dark)")
	if !ok {
		t.Fatal("the stylesheet has no dark colours")
	}
	read := func(text string) map[string]string {
		found := map[string]string{}
		for _, m := range property.FindAllStringSubmatch(text, -1) {
			found[m[1]] = m[2]
		}
		return found
	}
	return read(before), read(after)
}

// WCAG 2.2, 1.4.3 and 1.4.11: text 4.5 to 1, edges of controls 3 to 1.
func TestContrast(t *testing.T) {
	light, dark := colours(t)
	if len(light) != len(dark) || len(light) < 18 {
		t.Fatalf("%d colours in light, %d in dark", len(light), len(dark))
	}
	texts := map[string][]string{
		"ink":       {"page", "card", "sunk", "accent-ground", "ok-ground", "wait-ground", "fail-ground", "off-ground"},
		"muted":     {"page", "card", "sunk", "ok-ground", "fail-ground"},
		"accent":    {"page", "card", "sunk", "accent-ground"},
		"on-accent": {"accent"},
		"ok":        {"ok-ground", "card", "accent-ground"}, "wait": {"wait-ground", "card"}, "fail": {"fail-ground", "card", "page", "accent-ground"}, "off": {"off-ground", "card"},
		"card": {"fail"},
	}
	for name, scheme := range map[string]map[string]string{"light": light, "dark": dark} {
		for text, grounds := range texts {
			for _, ground := range grounds {
				if got := contrast(t, scheme[text], scheme[ground]); got < 4.5 {
					t.Errorf("%s: %s on %s has a contrast of %.2f, want 4.5", name, text, ground, got)
				}
			}
		}
		for _, ground := range []string{"card", "page"} {
			if got := contrast(t, scheme["control"], scheme[ground]); got < 3 {
				t.Errorf("%s: control on %s has a contrast of %.2f, want 3", name, ground, got)
			}
		}
	}
}

func contrast(t *testing.T, a, b string) float64 {
	x, y := luminance(t, a), luminance(t, b)
	return (max(x, y) + .05) / (min(x, y) + .05)
}

func luminance(t *testing.T, colour string) float64 {
	t.Helper()
	rgb, err := strconv.ParseUint(strings.TrimPrefix(colour, "#"), 16, 32)
	must(t, err)
	linear := func(shift int) float64 {
		c := float64(rgb>>shift&0xff) / 255
		if c <= .04045 {
			return c / 12.92
		}
		return math.Pow((c+.055)/1.055, 2.4)
	}
	return .2126*linear(16) + .7152*linear(8) + .0722*linear(0)
}
