package ui

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// shownDiff writes a difference as signs and lines.
func shownDiff(lines []diffLine) string {
	var parts []string
	for _, line := range lines {
		parts = append(parts, line.Mark+line.Text)
	}
	return strings.Join(parts, " ")
}

func TestDiffLines(t *testing.T) {
	for _, c := range []struct{ a, b, want string }{
		{"", "", ""}, {"a", "a", "=a"}, {"a", "", "-a"}, {"", "b", "+b"}, {"a", "b", "-a +b"},
		{"a b c", "a c", "=a -b =c"}, {"a c", "a b c", "=a +b =c"}, {"a b c d", "a x c y", "=a -b +x =c -d +y"},
	} {
		if got := shownDiff(diffLines(strings.Fields(c.a), strings.Fields(c.b))); got != c.want {
			t.Errorf("diffLines(%s, %s) = %s, want %s", c.a, c.b, got, c.want)
		}
	}
}

// Both texts can be read off a difference, also where they are too long to be compared well.
func TestDiffLinesIsBoth(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{5, 40, 3000} {
		for range 20 {
			text := func() (lines []string) {
				for range r.IntN(n) {
					lines = append(lines, fmt.Sprint(r.IntN(6)))
				}
				return lines
			}
			a, b := text(), text()
			var first, second []string
			for _, line := range diffLines(a, b) {
				if line.Mark != onlySecond {
					first = append(first, line.Text)
				}
				if line.Mark != onlyFirst {
					second = append(second, line.Text)
				}
			}
			if !slices.Equal(first, a) || !slices.Equal(second, b) {
				t.Fatalf("the difference of %v and %v is that of %v and %v", a, b, first, second)
			}
		}
	}
}

func TestCondensedDiff(t *testing.T) {
	var a []string
	for i := range 20 {
		a = append(a, fmt.Sprint(i))
	}
	b := slices.Clone(a)
	b[10] = strings.Repeat("w", diffWidth+100)
	got := condensedDiff(diffLines(a, b))
	if want := "…8 lines that are the same =8 =9 -10 +www"; !strings.HasPrefix(shownDiff(got), want) || len(got[4].Text) != diffWidth+len("…") {
		t.Errorf("condensedDiff = %s", shownDiff(got))
	}
	if last := got[len(got)-1]; last != (diffLine{leftOut, "7 lines that are the same"}) {
		t.Errorf("it ends with %+v", last)
	}
	if got := condensedDiff(diffLines(nil, slices.Repeat([]string{"new"}, 3*diffShown))); len(got) != diffShown+1 || got[diffShown].Text != "400 further lines" {
		t.Errorf("of many lines %d are shown, the last is %+v", len(got), got[len(got)-1])
	}
}

func TestDiffHeaders(t *testing.T) {
	for _, c := range []struct{ a, b, want string }{
		{"A=1 B=2", "A=1 B=3", "=A: 1 -B: 2 +B: 3"}, {"A=1 C=1", "B=1 C=1", "-A: 1 +B: 1 =C: 1"}, {"", "A=1", "+A: 1"}, {"A=1", "", "-A: 1"},
	} {
		list := func(text string) (list []header) {
			for part := range strings.FieldsSeq(text) {
				name, value, _ := strings.Cut(part, "=")
				list = append(list, header{name, value})
			}
			return list
		}
		if got := shownDiff(diffHeaders(list(c.a), list(c.b))); got != c.want {
			t.Errorf("diffHeaders(%s, %s) = %s, want %s", c.a, c.b, got, c.want)
		}
	}
}
