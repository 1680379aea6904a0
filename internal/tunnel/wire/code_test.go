package wire

import (
	"errors"
	"net/http"
	"reflect"
	"strings"
	"testing"
)

// Contract: extensions.md 5.1: Each message
func TestFrames(t *testing.T) {
	for _, test := range []struct {
		frame Frame
		text  string
	}{
		{Ready{Tunnel: "5f1e", URL: "https://b.example/tunnels/5f1e", Resumed: true},
			`{"type":"ready","id":"5f1e","url":"https://b.example/tunnels/5f1e","resumed":true}`},
		{Request{ID: 7, Method: "POST", Path: "/hook%2F1", Query: "a=<b>&c", Headers: Headers{{"X-A", "1"}, {"X-A", "2"}}, Body: []byte("hello")},
			`{"type":"request","id":7,"method":"POST","path":"/hook%2F1","query":"a=<b>&c","headers":[["X-A","1"],["X-A","2"]],"body":"aGVsbG8="}`},
		{Request{ID: 8, Method: "GET", Path: "/", Headers: Headers{{"A", "1"}}, Body: []byte{}, Order: "5f1e"},
			`{"type":"request","id":8,"method":"GET","path":"/","query":"","headers":[["A","1"]],"body":"","order":"5f1e"}`},
		{Cancel{ID: 7}, `{"type":"cancel","id":7}`},
		{Received{ID: 7}, `{"type":"received","id":7}`},
		{Response{ID: 7, Status: 200, Headers: Headers{{"Content-Type", "text/plain"}}, Body: []byte{0, 255}},
			`{"type":"response","id":7,"status":200,"headers":[["Content-Type","text/plain"]],"body":"AP8="}`},
		{Failure{ID: 7, Error: "connection refused"}, `{"type":"failure","id":7,"error":"connection refused"}`},
	} {
		b, err := Encode(test.frame)
		if err != nil || string(b) != test.text {
			t.Errorf("Encode(%T) = %s, %v, want %s", test.frame, b, err, test.text)
		}
		if f, err := Decode([]byte(test.text)); err != nil || !reflect.DeepEqual(f, test.frame) {
			t.Errorf("Decode(%s) = %#v, %v, want %#v", test.text, f, err, test.frame)
		}
	}
}

// Contract: extensions.md 5.1: Bodies have
// Contract: extensions.md 5.1: All else of a request
func TestOutOfBounds(t *testing.T) {
	long := strings.Repeat("x", MaxHead)
	for _, test := range []struct {
		name  string
		frame Frame
		id    int64
	}{
		{"ready without id", Ready{URL: "x"}, 0},
		{"ready too long", Ready{Tunnel: "x", URL: long}, 0},
		{"no id", Cancel{}, 0},
		{"negative id", Received{ID: -1}, -1},
		{"method", Request{ID: 1, Method: "GET /", Path: "/"}, 1},
		{"path", Request{ID: 1, Method: "GET", Path: "x"}, 1},
		{"blank in the path", Request{ID: 1, Method: "GET", Path: "/ HTTP/1.1"}, 1},
		{"line in the query", Request{ID: 1, Method: "GET", Path: "/", Query: "a\nb"}, 1},
		{"long query", Request{ID: 1, Method: "GET", Path: "/", Query: long}, 1},
		{"long header", Response{ID: 1, Status: 200, Headers: Headers{{"A", long}}}, 1},
		{"header name", Response{ID: 1, Status: 200, Headers: Headers{{"A:", "b"}}}, 1},
		{"line in a header", Response{ID: 1, Status: 200, Headers: Headers{{"A", "b\r\nC: d"}}}, 1},
		{"many headers", Response{ID: 1, Status: 200, Headers: make(Headers, MaxHeaders+1)}, 1},
		{"long body", Response{ID: 1, Status: 200, Body: make([]byte, MaxBody+1)}, 1},
		{"long order", Request{ID: 1, Method: "GET", Path: "/", Order: strings.Repeat("0", MaxOrder+1)}, 1},
		{"order", Request{ID: 1, Method: "GET", Path: "/", Order: "key"}, 1},
		{"long body of a request", Request{ID: 1, Method: "GET", Path: "/", Body: make([]byte, MaxBody+1)}, 1},
		{"a header that is not UTF-8", Response{ID: 1, Status: 200, Headers: Headers{{"A", "\xff"}}}, 1},
		{"a query that is not", Request{ID: 1, Method: "GET", Path: "/", Query: "\xff"}, 1},
		{"a failure that is not", Failure{ID: 1, Error: "\xff"}, 1},
		{"status", Response{ID: 1, Status: 101}, 1},
		{"failure without a text", Failure{ID: 1}, 1},
		{"long failure", Failure{ID: 1, Error: long}, 1},
		{"unknown", Unknown{Type: "later"}, 0},
	} {
		b, err := Encode(test.frame)
		invalid, ok := errors.AsType[*Invalid](err)
		if !ok || invalid.ID != test.id || invalid.Reason == "" {
			t.Errorf("%s: Encode = %d bytes, %v, want an *Invalid of request %d", test.name, len(b), err, test.id)
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	for _, test := range []struct {
		text string
		id   int64
	}{
		{``, 0}, {`null`, 0}, {`[]`, 0}, {`{}`, 0}, {`{"type":7}`, 0}, {`{"type":"received"}`, 0},
		{`{"type":"received","id":"7"}`, 0},
		{`{"type":"received","id":1.5}`, 0},
		{`{"type":"response","id":7,"status":"200"}`, 7},
		{`{"type":"response","id":7,"status":99}`, 7},
		{`{"type":"response","id":7,"status":200,"body":"?"}`, 7},
		{`{"type":"response","id":7,"status":200,"headers":[["A"]]}`, 7},
		{`{"type":"response","id":7,"status":200,"headers":{"A":"b"}}`, 7},
		{`{"type":"failure","id":7}`, 7},
		{strings.Repeat(" ", MaxFrame) + `{"type":"received","id":1}`, 0},
	} {
		f, err := Decode([]byte(test.text))
		invalid, ok := errors.AsType[*Invalid](err)
		if !ok || f != nil || invalid.ID != test.id {
			t.Errorf("Decode(%.80s) = %v, %v, want an *Invalid of request %d", test.text, f, err, test.id)
		}
	}
	if f, err := Decode([]byte(`{"type":"later","id":["x"]}`)); err != nil || f != (Unknown{Type: "later"}) {
		t.Errorf("a type that is not known: %v, %v, want Unknown", f, err)
	}
}

// TestLargest shows that whatever is in bounds has room in a frame.
//
// Contract: extensions.md 5.1: Each message
func TestLargest(t *testing.T) {
	worst := strings.Repeat("\"", (MaxHead-1000)/MaxHeaders-1) // a byte that JSON writes as two
	var headers Headers
	for range MaxHeaders {
		headers = append(headers, [2]string{"A", worst})
	}
	b, err := Encode(Request{ID: 1 << 62, Method: "POST", Path: "/", Headers: headers, Body: make([]byte, MaxBody)})
	if err != nil || len(b) > MaxFrame {
		t.Fatalf("the largest request: %d bytes, %v, want at most %d", len(b), err, MaxFrame)
	}
	f, err := Decode(b)
	if request, ok := f.(Request); !ok || err != nil || request.Headers[0][1] != worst {
		t.Errorf("it is read as %T, %v", f, err)
	}
}

// Contract: extensions.md 5.1: Headers that are about one connection
// Contract: extensions.md 5.1: Bytes in headers
func TestHeaders(t *testing.T) {
	got := HeadersOf(http.Header{
		"Connection": {"close, X-Hop"}, "X-Hop": {"1"}, "Content-Length": {"3"}, "Transfer-Encoding": {"chunked"}, "Upgrade": {"websocket"},
		"Cookie": {"a=b"}, "X-B": {"2", "\xff1"}, "Content-Type": {"text/plain"},
	}, "Cookie")
	want := Headers{{"Content-Type", "text/plain"}, {"X-B", "2"}, {"X-B", "\ufffd1"}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("HeadersOf = %q, want %q", got, want)
	}
	header := Headers{{"x-b", "2"}, {"X-B", "1"}, {"content-length", "99"}, {"connection", "y"}, {"y", "z"}}.Header()
	if !reflect.DeepEqual(header, http.Header{"X-B": {"2", "1"}}) {
		t.Errorf("Header = %q, want X-B alone", header)
	}
}

func TestFail(t *testing.T) {
	for _, text := range []string{"", "connection refused", "\xff", strings.Repeat("é", MaxError)} {
		if _, err := Encode(Fail(1, text)); err != nil {
			t.Errorf("Fail(1, %.20q) is out of bounds: %v", text, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, frame := range []Frame{
		Ready{Tunnel: "5f1e", URL: "https://b.example/tunnels/5f1e"},
		Request{ID: 1, Method: "POST", Path: "/x", Query: "a=b", Headers: Headers{{"X", "é"}}, Body: []byte("body")},
		Cancel{ID: 2}, Received{ID: 3}, Response{ID: 4, Status: 200, Headers: Headers{{"A", "b"}}}, Failure{ID: 5, Error: "no"},
	} {
		b, err := Encode(frame)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		frame, err := Decode(b)
		if err != nil {
			if _, ok := errors.AsType[*Invalid](err); !ok || frame != nil {
				t.Fatalf("Decode = %v, %v, want an *Invalid alone", frame, err)
			}
			return
		}
		if _, ok := frame.(Unknown); ok {
			return
		}
		again, err := Encode(frame)
		if err != nil {
			t.Fatalf("what Decode let pass, Encode refuses: %v", err)
		}
		if same, err := Decode(again); err != nil || !reflect.DeepEqual(same, frame) {
			t.Fatalf("Decode(Encode(f)) = %#v, %v, want %#v", same, err, frame)
		}
	})
}
