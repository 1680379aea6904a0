package event

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
)

var canonicalCases = []struct{ name, in, want string }{
	{"literals", " [ true , false\t,\r\nnull ] ", `[true,false,null]`},
	{"empty", `[ {} , [ ] , "" ]`, `[{},[],""]`},
	{"scalar at the top", ` 1.50 `, `1.5`},
	{"unescaped as themselves", `"\u003c\u003e\u0026\/\u2028\u2029\u007f\u00e9"`, "\"<>&/\u2028\u2029\u007fé\""},
	{"escapes that stay", `"\"\\\b\f\n\r\t"`, `"\"\\\b\f\n\r\t"`},
	{"escapes in short form", `"\u0008\u0009\u000A\u000c\u000D\u0022\u005C"`, `"\b\t\n\f\r\"\\"`},
	{"escapes in hex", `"\u0000\u001F\u000b"`, `"\u0000\u001f\u000b"`},
	{"surrogate pair", `"\ud83d\uDC4D"`, `"👍"`},
	{"lone surrogates", `"\ud83dx\udc4d\ud83d\u0041\ud83d\ud83d\udc4d"`, "\"\uFFFDx\uFFFD\uFFFDA\uFFFD👍\""},
	{"lone surrogate at the end", `"\ud83d"`, "\"\uFFFD\""},
	{"invalid UTF-8", "\"a\xffb\xc0\xafc\xe2\x82d\xf0\x9f\x91\"", "\"a\uFFFDb\uFFFD\uFFFDc\uFFFDd\uFFFD\""},
	{"encoded surrogate", "\"\xed\xa0\x80\"", "\"\uFFFD\uFFFD\uFFFD\""},
	{"noncharacters", "\"\uFFFE\uFFFF\U0010FFFF\"", "\"\uFFFE\uFFFF\U0010FFFF\""},
	{"integers", `[0,-0,10,-7,123456789012345]`, `[0,0,10,-7,123456789012345]`},
	{"integers that are no doubles", `[12345678901234567890,9007199254740993,-9007199254740993]`,
		`[12345678901234567000,9007199254740992,-9007199254740992]`},
	{"large and small", `[1e21,1E+2,1e-7,0.000001,123e-20,1e20,999999999999999900000,5e-324,1.7976931348623157e308]`,
		`[1e+21,100,1e-7,0.000001,1.23e-18,100000000000000000000,999999999999999900000,5e-324,1.7976931348623157e+308]`},
	{"fractions", `[1.0,0.10,-0.0,1.5e0,0.1e1,1e-400,-1e-400,100e-2]`, `[1,0.1,0,1.5,1,0,0,1]`},
	{"order of keys is kept", `{"b":1,"a":2,"":3,"é":4}`, `{"b":1,"a":2,"":3,"é":4}`},
	{"indexes first", `{"b":1,"10":2,"9":3,"a":4,"0":5}`, `{"0":5,"9":3,"10":2,"b":1,"a":4}`},
	{"indexes in order", `{"0":1,"2":2,"a":3}`, `{"0":1,"2":2,"a":3}`},
	{"no indexes", `{"a":0,"01":1,"-1":2,"1.0":3,"4294967295":4,"99999999999":5," 1":6}`,
		`{"a":0,"01":1,"-1":2,"1.0":3,"4294967295":4,"99999999999":5," 1":6}`},
	{"last index", `{"a":0,"4294967294":1}`, `{"4294967294":1,"a":0}`},
	{"escaped index", `{"a":0,"\u0031":1}`, `{"1":1,"a":0}`},
	{"repeated key", `{"a":1,"b":2,"a":{"x":3}}`, `{"a":{"x":3},"b":2}`},
	{"repeated key, escaped", `{"a":1,"b":2,"\u0061":3}`, `{"a":3,"b":2}`},
	{"repeated index", `{"x":0,"1":1,"0":2,"1":3}`, `{"0":2,"1":3,"x":0}`},
	{"keys made equal", `{"\ud800":1,"b":2,"\udfff":3}`, "{\"\uFFFD\":3,\"b\":2}"},
	{"proto", `{"__proto__":1,"constructor":2}`, `{"__proto__":1,"constructor":2}`},
	{"nested disorder", `{"b":{"a":1,"0":[{"z":1,"z":2}]},"0":1}`, `{"0":1,"b":{"0":[{"z":2}],"a":1}}`},
}

// Contract: delivery.md Body bytes: no whitespace outside
// Contract: delivery.md Body bytes: <, >, &
// Contract: delivery.md Body bytes: invalid UTF-8
// Contract: delivery.md Body bytes: numbers in shortest
// Contract: delivery.md Body bytes: A number from a client
// Contract: delivery.md Body bytes: no duplicate keys
// Contract: delivery.md Body bytes: (Go's encoder escapes
func TestCanonical(t *testing.T) {
	for _, c := range canonicalCases {
		t.Run(c.name, func(t *testing.T) {
			got, err := Canonical([]byte("kept"), []byte(c.in))
			if err != nil || string(got) != "kept"+c.want {
				t.Errorf("Canonical(%q) = %q, %v, want %q", c.in, got, err, c.want)
			}
			again, err := Canonical(nil, []byte(c.want))
			if err != nil || string(again) != c.want {
				t.Errorf("Canonical(%q) = %q, %v, want it unchanged", c.want, again, err)
			}
		})
	}
}

func TestCanonicalManyKeys(t *testing.T) {
	var in, want bytes.Buffer
	in.WriteString(`{"k7":"first"`)
	want.WriteString(`{"k7":7`)
	for i := range 500 {
		fmt.Fprintf(&in, `,"k%d":%d`, i, i)
		if i != 7 {
			fmt.Fprintf(&want, `,"k%d":%d`, i, i)
		}
	}
	in.WriteByte('}')
	want.WriteByte('}')
	got, err := Canonical(nil, in.Bytes())
	if err != nil || string(got) != want.String() {
		t.Errorf("Canonical = %.60q..., %v, want %.60q...", got, err, want.String())
	}
}

func TestCanonicalRefuses(t *testing.T) {
	nested := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	cases := []struct {
		name, in string
		want     error
	}{
		{"nothing", "", ErrSyntax},
		{"blanks", " \n", ErrSyntax},
		{"byte order mark", "\uFEFF1", ErrSyntax},
		{"other white space", "\v1", ErrSyntax},
		{"garbage behind", "{} x", ErrSyntax},
		{"two values", "1 2", ErrSyntax},
		{"comma at the end", "[1,]", ErrSyntax},
		{"comma at the end of an object", `{"a":1,}`, ErrSyntax},
		{"no comma", `[1 2]`, ErrSyntax},
		{"comma alone", `[,]`, ErrSyntax},
		{"no colon", `{"a" 1}`, ErrSyntax},
		{"key without quotes", `{a:1}`, ErrSyntax},
		{"open array", `[1`, ErrSyntax},
		{"open object", `{"a":1`, ErrSyntax},
		{"open string", `"abc`, ErrSyntax},
		{"open escape", `"abc\`, ErrSyntax},
		{"short escape", `"\u12`, ErrSyntax},
		{"bad escape", `"\x41"`, ErrSyntax},
		{"bad hex", `"\u12g4"`, ErrSyntax},
		{"line break in a string", "\"a\nb\"", ErrSyntax},
		{"NUL in a string", "\"a\x00b\"", ErrSyntax},
		{"leading zero", "01", ErrSyntax},
		{"plus", "+1", ErrSyntax},
		{"minus alone", "-", ErrSyntax},
		{"no fraction", "1.", ErrSyntax},
		{"no whole part", ".5", ErrSyntax},
		{"no exponent", "1e", ErrSyntax},
		{"NaN", "NaN", ErrSyntax},
		{"half a word", "tru", ErrSyntax},
		{"word and more", "truex", ErrSyntax},
		{"single quotes", "'a'", ErrSyntax},
		{"too large a number", "[1e999]", ErrNumber},
		{"too small a number", "-1e309", ErrNumber},
		{"too deep", nested(101), ErrDepth},
		{"much too deep", nested(100_000), ErrDepth},
		{"too deep with objects", strings.Repeat(`{"a":[`, 51) + strings.Repeat("]}", 51), ErrDepth},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, err := Canonical([]byte("kept"), []byte(c.in))
			if !errors.Is(err, c.want) || string(got) != "kept" {
				t.Errorf("Canonical(%.40q) = %q, %v, want %v", c.in, got, err, c.want)
			}
		})
	}
	if _, err := Canonical(nil, []byte(nested(100))); err != nil {
		t.Errorf("Canonical of 100 levels: %v", err)
	}
}

func TestCanonicalErrorText(t *testing.T) {
	for in, want := range map[string]string{
		`{"a":}`:  "invalid JSON: at byte 5 a value is expected",
		`{"a":`:   "invalid JSON: ends at byte 5 where a value is expected",
		`[1e999]`: "number out of range: at byte 1",
	} {
		if _, err := Canonical(nil, []byte(in)); err == nil || err.Error() != want {
			t.Errorf("Canonical(%q): %v, want %q", in, err, want)
		}
	}
}

func TestClean(t *testing.T) {
	cases := []struct{ in, want string }{
		{`"a\u0000b"`, "\"a\uFFFDb\""},
		{`{"\u0000":1,"\ud800":2,"b\u0000":"\u0000\u0001"}`, "{\"\uFFFD\":2,\"b\uFFFD\":\"\uFFFD\\u0001\"}"},
	}
	for _, c := range cases {
		got, err := Clean(nil, []byte(c.in))
		if err != nil || string(got) != c.want {
			t.Errorf("Clean(%q) = %q, %v, want %q", c.in, got, err, c.want)
		}
	}
}

func FuzzCanonical(f *testing.F) {
	for _, c := range canonicalCases {
		f.Add([]byte(c.in))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		once, err := Canonical(nil, in)
		if err != nil {
			if !errors.Is(err, ErrSyntax) && !errors.Is(err, ErrDepth) && !errors.Is(err, ErrNumber) {
				t.Fatalf("Canonical(%q): untyped error %v", in, err)
			}
			if errors.Is(err, ErrSyntax) && json.Valid(in) {
				t.Fatalf("Canonical(%q): %v, but it is valid", in, err)
			}
			return
		}
		if !json.Valid(in) {
			t.Fatalf("Canonical(%q) = %q, but it is not valid", in, once)
		}
		twice, err := Canonical(nil, once)
		if err != nil || !bytes.Equal(once, twice) {
			t.Fatalf("Canonical(%q) = %q, then %q, %v", in, once, twice, err)
		}
		n, ok := parseNode(once)
		if !ok || !bytes.Equal(n.append(nil), once) {
			t.Fatalf("parseNode(%q) = %q, %t", once, n.append(nil), ok)
		}
		cleaned, err := Clean(nil, in)
		if err != nil || bytes.Contains(cleaned, []byte(`\u0000`)) && !bytes.Contains(cleaned, []byte(`\\u0000`)) {
			t.Fatalf("Clean(%q) = %q, %v", in, cleaned, err)
		}
	})
}

func BenchmarkCanonical(b *testing.B) {
	message := sampleEnvelope().Data[1].Value
	messy, err := json.MarshalIndent(json.RawMessage(message), "", "  ")
	if err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct {
		name string
		in   []byte
	}{
		{"message", message},
		{"indented", messy},
		{"indexes", []byte(`{"meta":{"b":1,"10":2,"9":3,"a":4,"0":5}}`)},
		{"text", AppendString(nil, strings.Repeat("Grüße aus dem Norden, wie geht es? ", 100))},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(c.in)))
			dst := make([]byte, 0, 2*len(c.in))
			for b.Loop() {
				if _, err := Canonical(dst, c.in); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
