package event

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"bellhop/internal/testenv"
)

// nodeScript answers each line, a JSON text in Base64, by what ECMAScript makes of it, or by an empty
// line if that is nothing. Lone surrogates are replaced before encoding, as delivery.md section 3 says.
const nodeScript = `
const fix = v => {
  if (typeof v === 'string') return v.toWellFormed();
  if (Array.isArray(v)) return v.map(fix);
  if (v === null || typeof v !== 'object') return v;
  const o = {};
  for (const k of Object.keys(v))
    Object.defineProperty(o, k.toWellFormed(), {value: fix(v[k]), enumerable: true, configurable: true, writable: true});
  return o;
};
const lines = require('fs').readFileSync(0, 'latin1').split('\n').slice(0, -1);
const out = lines.map(line => {
  try {
    return Buffer.from(JSON.stringify(fix(JSON.parse(Buffer.from(line, 'base64').toString('utf8'))))).toString('base64');
  } catch (e) { return ''; }
});
process.stdout.write(out.join('\n') + '\n');
`

// TestCanonicalIsECMAScript compares Canonical with JSON.stringify(JSON.parse()) of a real engine.
func TestCanonicalIsECMAScript(t *testing.T) {
	path := testenv.Need(t, "node")
	corpus := nodeCorpus()
	var in bytes.Buffer
	for _, text := range corpus {
		fmt.Fprintln(&in, base64.StdEncoding.EncodeToString(text))
	}
	cmd := exec.CommandContext(t.Context(), path, "-e", nodeScript)
	cmd.Stdin, cmd.Stderr = &in, os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("running node: %v", err)
	}
	lines := bufio.NewScanner(bytes.NewReader(out))
	lines.Buffer(nil, len(out)+1)
	for i, text := range corpus {
		if !lines.Scan() {
			t.Fatalf("node answered %d of %d texts: %v", i, len(corpus), lines.Err())
		}
		want, err := base64.StdEncoding.DecodeString(lines.Text())
		if err != nil {
			t.Fatal(err)
		}
		got, err := Canonical(nil, text)
		if (err == nil) != (len(want) > 0) || !bytes.Equal(got, want) {
			t.Errorf("Canonical(%q) = %q, %v, want %q", text, got, err, want)
		}
	}
}

func nodeCorpus() [][]byte {
	var corpus [][]byte
	for _, c := range canonicalCases {
		corpus = append(corpus, []byte(c.in))
	}
	for _, s := range []string{
		`0.1`, `123456789.123456789e-9`, `4.35`, `2.2250738585072011e-308`, `2.2250738585072014e-308`, `4.9e-324`, `2e-324`, `1e23`,
		`9007199254740992`, `9007199254740993`, `999999999999999`, `9999999999999999`, `999999999999999999999`, `1000000000000000000000`,
		`0.000001`, `0.0000009999999999999999`, `1e-6`, `1e-7`, `1.5e-10`, `1e100`, `1e-100`, `123456789012345680000`, `0.30000000000000004`,
		`1.7976931348623158e308`, `-1E-05`, `5e-5`, `100000000000000000000000`, `0e999`, `0.0e-999`, `[`, `{"a"}`, `"\u"`, `01`, `tru`, `[1]]`,
		`{"👍":"👩‍👩‍👧‍👦🏳️‍🌈","é":"e\u0301","\ud83d\ude00":"\uD83D\uDE00"}`, `{"2":1,"1":2,"a":{"1":1,"01":2,"0":3}}`,
		`{"4294967293":1,"4294967294":2,"4294967295":3,"4294967296":4,"a":5,"1":6}`,
	} {
		corpus = append(corpus, []byte(s))
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 1500 {
		corpus = append(corpus, randomNumber(r), randomJSON(nil, r, 4))
	}
	for range 1000 {
		text := randomJSON(nil, r, 3)
		text[r.IntN(len(text))] = byte(r.Uint32()) // often broken, in every way
		if !bytes.Contains(bytes.ToLower(text), []byte("e")) {
			corpus = append(corpus, text) // without exponents: JSON.parse takes numbers that are not finite
		}
	}
	return corpus
}

func randomNumber(r *rand.Rand) []byte {
	f := math.Float64frombits(r.Uint64())
	if math.IsNaN(f) || math.IsInf(f, 0) {
		f = r.Float64()
	}
	switch r.IntN(4) {
	case 0:
		return strconv.AppendFloat(nil, f, 'e', r.IntN(25), 64)
	case 1:
		return strconv.AppendFloat(nil, r.NormFloat64()*1e6, 'f', r.IntN(25), 64)
	case 2:
		return strconv.AppendInt(nil, int64(r.Uint64()>>r.IntN(64)), 10)
	}
	return strconv.AppendFloat(nil, math.Pow(10, float64(r.IntN(50)-25))*r.Float64(), 'g', -1, 64)
}

func randomJSON(dst []byte, r *rand.Rand, depth int) []byte {
	kind := r.IntN(6)
	if depth == 0 {
		kind = r.IntN(3)
	}
	switch kind {
	case 0:
		return append(dst, randomNumber(r)...)
	case 1:
		return append(dst, []string{"true", "false", "null"}[r.IntN(3)]...)
	case 2:
		return randomString(dst, r)
	case 3:
		dst = append(dst, '[')
		for i := range r.IntN(5) {
			if i > 0 {
				dst = append(dst, " ,"...)
			}
			dst = randomJSON(dst, r, depth-1)
		}
		return append(dst, "\n]"...)
	}
	dst = append(dst, "{ "...)
	for i := range r.IntN(8) {
		if i > 0 {
			dst = append(dst, ",\t"...)
		}
		if r.IntN(2) == 0 {
			dst = fmt.Appendf(dst, `"%d"`, r.IntN(12))
		} else {
			dst = randomString(dst, r)
		}
		dst = randomJSON(append(dst, ':'), r, depth-1)
	}
	return append(dst, '}')
}

func randomString(dst []byte, r *rand.Rand) []byte {
	pieces := strings.Split("a|b|é|€|👍|\\n|\\u0000|\\u001f|\\/|\\\\|\\\"|\\ud83d|\\udc4d|\\u2028|\u2028|<|&|\x7f|\xff|\xe2\x82|\xf0\x9f|\xed\xa0\x80|\xc3", "|")
	dst = append(dst, '"')
	for range r.IntN(4) {
		dst = append(dst, pieces[r.IntN(len(pieces))]...)
	}
	return append(dst, '"')
}
