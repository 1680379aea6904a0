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
		// Edges of controls, and the ring around what has the focus.
		for edge, grounds := range map[string][]string{
			"control": {"card", "page"},
			"accent":  {"card", "page", "sunk", "accent-ground", "ok-ground", "wait-ground", "fail-ground", "off-ground"},
			"fail":    {"fail-ground", "card"}, "ok": {"card"}, "wait": {"card"}, "off": {"card"},
		} {
			for _, ground := range grounds {
				if got := contrast(t, scheme[edge], scheme[ground]); got < 3 {
					t.Errorf("%s: %s on %s has a contrast of %.2f, want 3", name, edge, ground, got)
				}
			}
		}
	}
}

var (
	cssBlock = regexp.MustCompile(`([^{}]*)\{([^{}]*)\}`)
	cssText  = regexp.MustCompile(`(?:^|[;\s])color: var\(--([a-z-]+)\)`)
	cssFill  = regexp.MustCompile(`background: var\(--([a-z-]+)\)`)
)

// Where a style sets a text and what is behind it, these two can be read together.
func TestContrastOfStyles(t *testing.T) {
	css, err := styles()
	must(t, err)
	light, dark := colours(t)
	checked := 0
	for _, block := range cssBlock.FindAllStringSubmatch(string(css), -1) {
		text, ground := cssText.FindStringSubmatch(block[2]), cssFill.FindStringSubmatch(block[2])
		if text == nil || ground == nil {
			continue
		}
		checked++
		for name, scheme := range map[string]map[string]string{"light": light, "dark": dark} {
			if got := contrast(t, scheme[text[1]], scheme[ground[1]]); got < 4.5 {
				t.Errorf("%s: %s has %s on %s with a contrast of %.2f, want 4.5", name, strings.TrimSpace(block[1]), text[1], ground[1], got)
			}
		}
	}
	if checked < 20 {
		t.Errorf("%d styles set both colours, which is hard to believe", checked)
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
