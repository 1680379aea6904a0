package event

import (
	"bufio"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"bellhop/internal/testenv"
)

// stringify answers each line, a JSON text in Base64, with what JSON.stringify(JSON.parse(text)) makes of
// it, or with what is wrong. Lone surrogates are replaced in between, for which JSON has only escapes
// (docs/contract/delivery.md section 3).
const stringify = `
const wellFormed = (v) => {
  if (typeof v === 'string') return v.toWellFormed();
  if (typeof v === 'number' && !Number.isFinite(v)) throw new RangeError();
  if (Array.isArray(v)) return v.map(wellFormed);
  if (v === null || typeof v !== 'object') return v;
  const out = Object.create(null);
  for (const key of Object.keys(v)) out[key.toWellFormed()] = wellFormed(v[key]);
  return out;
};
require('readline').createInterface({ input: process.stdin }).on('line', (line) => {
  let answer;
  try {
    const text = Buffer.from(line, 'base64').toString('utf8');
    answer = Buffer.from(JSON.stringify(wellFormed(JSON.parse(text)))).toString('base64');
  } catch (e) {
    answer = '!' + e.name;
  }
  process.stdout.write(answer + '\n');
});
`

// javascript is a Node that lives as long as its test.
type javascript struct {
	in  io.Writer
	out *bufio.Reader
}

// nodeCases are texts that engines have been wrong about.
var nodeCases = []string{
	`0.1`, `123456789.123456789e-9`, `4.35`, `2.2250738585072011e-308`, `2.2250738585072014e-308`, `4.9e-324`, `2e-324`, `1e23`,
	`9007199254740992`, `9007199254740993`, `999999999999999`, `9999999999999999`, `999999999999999999999`, `1000000000000000000000`,
	`0.000001`, `0.0000009999999999999999`, `1e-6`, `1e-7`, `1.5e-10`, `1e100`, `1e-100`, `123456789012345680000`, `0.30000000000000004`,
	`1.7976931348623158e308`, `-1E-05`, `5e-5`, `100000000000000000000000`, `0e999`, `0.0e-999`, `1e999`, `[`, `{"a"}`, `"\u"`, `01`, `tru`, `[1]]`, ``, "\ufeff1",
	`{"👍":"👩‍👩‍👧‍👦🏳️‍🌈","é":"e\u0301","\ud83d\ude00":"\uD83D\uDE00"}`, `{"2":1,"1":2,"a":{"1":1,"01":2,"0":3}}`,
	`{"4294967293":1,"4294967294":2,"4294967295":3,"4294967296":4,"a":5,"1":6}`,
}

func startJavascript(t testing.TB) *javascript {
	t.Helper()
	cmd := exec.Command(testenv.Need(t, "node"), "-e", stringify)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("node: %v", err)
		}
	})
	return &javascript{in: in, out: bufio.NewReaderSize(out, 64<<10)}
}

// canonical returns what Node makes of text, or the name of its error.
func (js *javascript) canonical(t testing.TB, text []byte) (canonical, fault string) {
	t.Helper()
	if _, err := fmt.Fprintln(js.in, base64.StdEncoding.EncodeToString(text)); err != nil {
		t.Fatal(err)
	}
	line, err := js.out.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	line = strings.TrimSuffix(line, "\n")
	if fault, is := strings.CutPrefix(line, "!"); is {
		return "", fault
	}
	b, err := base64.StdEncoding.DecodeString(line)
	if err != nil {
		t.Fatal(err)
	}
	return string(b), ""
}

// agree checks that Canonical and Node say the same about text.
func (js *javascript) agree(t testing.TB, text []byte) {
	t.Helper()
	got, err := Canonical(nil, text)
	if errors.Is(err, ErrDepth) {
		return // Node has no such limit
	}
	want, fault := js.canonical(t, text)
	switch {
	case (err == nil) != (fault == ""), errors.Is(err, ErrSyntax) && fault != "SyntaxError", fault == "RangeError" && !errors.Is(err, ErrNumber):
		t.Fatalf("Canonical(%q) = %q, %v, but Node says %q, %s", text, got, err, want, fault)
	case err == nil && string(got) != want:
		t.Fatalf("Canonical(%q) = %q, but Node makes %q", text, got, want)
	}
}

// Contract: README.md Ten constraints whose violation breaks real clients: Webhook bodies are byte-identical
// Contract: delivery.md Body bytes: Both must give the same
// Contract: delivery.md Body bytes: Receivers verify either
func TestCanonicalIsWhatNodeMakes(t *testing.T) {
	js := startJavascript(t)
	for _, c := range canonicalCases {
		js.agree(t, []byte(c.in))
	}
	for _, text := range nodeCases {
		js.agree(t, []byte(text))
	}
	for seed := range uint64(4000) {
		w := writer{Rand: rand.New(rand.NewPCG(seed, 7))}
		w.value(w.IntN(8))
		js.agree(t, w.text)
		// One byte changed is mostly no JSON any more: refusals must agree too.
		w.text[w.IntN(len(w.text))] = byte(w.IntN(256))
		js.agree(t, w.text)
	}
	for depth := range MaxDepth {
		js.agree(t, []byte(strings.Repeat(`{"1":[`, depth/2)+strings.Repeat("[", depth%2)+strings.Repeat("]", depth%2)+strings.Repeat(`],"0":2}`, depth/2)))
	}
}

// Numbers alone, for there are many ways to be wrong about few of them.
func TestNumbersAreWhatNodeMakes(t *testing.T) {
	js := startJavascript(t)
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		var text []byte
		for i := range 100 {
			text = append(text, "[,"[min(i, 1)])
			text = append(text, randomNumber(r)...)
		}
		js.agree(t, append(text, ']'))
	}
}

// What is encoded from values of Go is canonical as well.
func TestAppendValueIsWhatNodeMakes(t *testing.T) {
	js := startJavascript(t)
	r := rand.New(rand.NewPCG(3, 4))
	for range 1000 {
		got, err := AppendValue(nil, randomValue(r, r.IntN(6)))
		if err != nil {
			t.Fatal(err)
		}
		if want, fault := js.canonical(t, got); string(got) != want {
			t.Fatalf("AppendValue = %q, but Node makes %q of it, %s", got, want, fault)
		}
	}
}

func FuzzCanonicalInNode(f *testing.F) {
	js := startJavascript(f)
	for _, c := range canonicalCases {
		f.Add([]byte(c.in))
	}
	for _, text := range nodeCases {
		f.Add([]byte(text))
	}
	for seed := range uint64(50) {
		w := writer{Rand: rand.New(rand.NewPCG(seed, 8))}
		w.value(4)
		f.Add(w.text)
	}
	f.Fuzz(func(t *testing.T, text []byte) { js.agree(t, text) })
}

// writer writes JSON as badly as it may be written.
type writer struct {
	*rand.Rand
	text []byte
}

func (w *writer) pick(texts ...string) string { return texts[w.IntN(len(texts))] }

func (w *writer) add(texts ...string) {
	for _, text := range texts {
		w.text = append(w.text, text...)
	}
}

func (w *writer) space() {
	for w.IntN(4) == 0 {
		w.add(w.pick(" ", "\t", "\n", "\r", "  "))
	}
}

func (w *writer) value(depth int) {
	w.space()
	kind := w.IntN(7)
	if depth > 0 {
		kind = w.IntN(11)
	}
	switch kind {
	case 0:
		w.add(w.pick("true", "false", "null"))
	case 1, 2, 3:
		w.add(randomNumber(w.Rand))
	case 4, 5, 6:
		w.string()
	case 7, 8:
		w.list("[", "]", func() { w.value(depth - 1) })
	default:
		w.list("{", "}", func() {
			w.key()
			w.space()
			w.add(":")
			w.value(depth - 1)
		})
	}
	w.space()
}

func (w *writer) list(open, end string, item func()) {
	w.add(open)
	w.space()
	for i := range w.IntN(7) {
		if i > 0 {
			w.add(",")
			w.space()
		}
		item()
	}
	w.add(end)
}

// key is often an array index, nearly one, or one that was there before.
func (w *writer) key() {
	switch w.IntN(3) {
	case 0:
		w.add(`"`, strconv.Itoa(w.IntN(30)), `"`)
	case 1:
		w.add(w.pick(`"a"`, `"b"`, `"\u0061"`, `"\u0031"`, `"1\u0030"`, `"00"`, `"-1"`, `"1.0"`, `"4294967294"`, `"4294967295"`, `"4294967296"`,
			`"9007199254740993"`, `"__proto__"`, `"constructor"`, `"toJSON"`, `""`, `"\ud800"`, `"\udfff"`, "\"\uFFFD\"", `" 1"`, `"1e3"`))
	default:
		w.string()
	}
}

func (w *writer) string() {
	w.add(`"`)
	for range w.IntN(12) {
		switch w.IntN(6) {
		case 0:
			w.add(w.pick(`\"`, `\\`, `\/`, `\b`, `\f`, `\n`, `\r`, `\t`))
		case 1:
			w.add(fmt.Sprintf(w.pick(`\u%04x`, `\u%04X`), w.IntN(1<<16)))
		case 2:
			w.add(fmt.Sprintf(`\u%04x`, w.IntN(0x80)))
		case 3:
			w.add(fmt.Sprintf(w.pick(`\u%04x\u%04x`, `\u%[2]04x\u%[1]04x`, `\u%[1]04x`, `\u%[2]04x`), 0xD800+w.IntN(0x400), 0xDC00+w.IntN(0x400)))
		case 4:
			w.text = utf8.AppendRune(w.text, rune(w.IntN(utf8.MaxRune)))
		default:
			w.add(w.pick("<", ">", "&", "/", "'", "\u2028", "\u2029", "\x7f", "\u00e9", "👍", "\xff", "\xc0\xaf", "\xe2\x82", "\xed\xa0\x80", "\xf0\x9f\x91", "\xf4\x90\x80\x80", "x"))
		}
	}
	w.add(`"`)
}

func randomNumber(r *rand.Rand) string {
	sign := []string{"", "-"}[r.IntN(2)]
	switch r.IntN(8) {
	case 0:
		return sign + strconv.Itoa(r.IntN(1000))
	case 1: // around where integers end to be exact
		return sign + strconv.FormatUint(1<<53-1000+r.Uint64N(2000), 10)
	case 2: // integers of any length
		digits := strconv.FormatUint(r.Uint64()|1, 10) + strconv.FormatUint(r.Uint64(), 10)
		return sign + strings.TrimLeft(digits[:1+r.IntN(len(digits)-1)], "0") + "5"
	case 3: // around where exponents begin
		return sign + strconv.FormatFloat(math.Pow(10, float64(r.IntN(50)-25))*(1+r.Float64()), 'f', r.IntN(30), 64)
	case 4: // any double, in more digits than needed
		return sign + strconv.FormatFloat(math.Abs(anyFloat(r)), 'e', 17+r.IntN(10), 64)
	case 5: // any double, and the border to the next one
		f := math.Abs(anyFloat(r))
		return sign + strconv.FormatFloat(f, 'E', 15+r.IntN(3), 64)
	case 6:
		return sign + strconv.Itoa(r.IntN(100)) + []string{".0", ".50", "e0", "E+2", "e-3", ".25e1", "e21", "e20", "e-7", "e-6", "e308", "e309", "e-324", "e-400"}[r.IntN(14)]
	}
	return sign + []string{"0", "0.0", "0e0", "5e-324", "2.5e-324", "2.4e-324", "1.7976931348623157e308", "1.7976931348623158e308", "2.2250738585072014e-308", "0.1", "0.000001", "0.0000001", "1e21", "999999999999999999999", "4.35", "123456789012345680000"}[r.IntN(16)]
}

func anyFloat(r *rand.Rand) float64 {
	for {
		if f := math.Float64frombits(r.Uint64()); !math.IsNaN(f) && !math.IsInf(f, 0) {
			return f
		}
	}
}

func randomValue(r *rand.Rand, depth int) any {
	text := func() string {
		b := make([]byte, r.IntN(8))
		for i := range b {
			b[i] = byte(r.IntN(256))
		}
		return string(b) + []string{"", "12", "é", "\u2028"}[r.IntN(4)]
	}
	switch kind := r.IntN(6 + 2*min(depth, 1)); kind {
	case 0:
		return nil
	case 1:
		return r.IntN(2) == 0
	case 2:
		return anyFloat(r)
	case 3:
		return r.Int64()
	case 4:
		return []string{text(), text()}
	case 5:
		return text()
	case 6:
		list := make([]any, r.IntN(5))
		for i := range list {
			list[i] = randomValue(r, depth-1)
		}
		return list
	}
	object := map[string]any{}
	for range r.IntN(8) {
		key := text()
		if r.IntN(2) == 0 {
			key = strconv.Itoa(r.IntN(40))
		}
		object[key] = randomValue(r, depth-1)
	}
	return object
}
