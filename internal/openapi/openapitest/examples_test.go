package openapitest

import (
	"encoding/json"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
)

func checker(t *testing.T) *Checker {
	t.Helper()
	c, err := New()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// The examples in the document are requests that succeed.
func TestExamples(t *testing.T) {
	c := checker(t)
	count := 0
	for pattern, o := range c.operations {
		if o.Body == nil {
			continue
		}
		for _, e := range o.Body.Content[0].Value.Examples {
			count++
			if err := validate("example "+e.Name, o.body, e.Value.Value); err != nil {
				t.Errorf("%s: %v", pattern, err)
			}
		}
	}
	if count < 10 {
		t.Errorf("there are %d examples", count)
	}
}

var fenced = regexp.MustCompile("(?s)```json\n(.*?)```")

// The payloads of docs/contract/events.md are what the document says of deliveries.
func TestPayloadsOfTheContract(t *testing.T) {
	c := checker(t)
	text, err := os.ReadFile("../../../docs/contract/events.md")
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for _, m := range fenced.FindAllSubmatch(text, -1) {
		var envelope struct{ Event, Timestamp string }
		if json.Unmarshal(m[1], &envelope) != nil || envelope.Timestamp == "" {
			continue
		}
		count++
		if err := validate("payload of "+envelope.Event, c.delivery.body, m[1]); err != nil {
			t.Error(err)
		}
	}
	if count == 0 {
		t.Error("events.md has no payload")
	}
}

func TestDelivery(t *testing.T) {
	c := checker(t)
	const id = "018fb42c-1f5b-7c3e-9a51-2f6a1e4b8d91"
	const good = `{"id":"` + id + `","timestamp":"2024-05-26T10:15:30.123Z","event":"order.created","organization":"64b0f1a2c3d4e5f60718293a",
		"activity":{"@context":"https://www.w3.org/ns/activitystreams","type":"Create","actor":{"id":"a","type":"Person"},"object":{"id":"b","type":"Object"},
		"published":"2024-05-26T10:15:30.123Z","summary":"s"},"data":{"order":{}}}`
	headers := http.Header{"X-Delivery-Id": {id}, "X-Delivery-Attempt": {"1"}, "X-Event-Id": {id}, "X-Hub-Signature": {"sha1=" + strings.Repeat("0", 40)}}
	for _, test := range []struct{ body, header, value, want string }{
		{good, "", "", ""},
		{strings.Replace(good, "order.created", "user.login", 1), "", "", "'order' not allowed"},
		{strings.Replace(good, `"summary":"s"`, `"summary":1`, 1), "", "", "got number, want string"},
		{good, "X-Hub-Signature", "sha1=x", "X-Hub-Signature"},
		{good, "X-Delivery-Id", "", "X-Delivery-Id"},
	} {
		r, err := http.NewRequest("POST", "http://bot.example/hook", strings.NewReader(test.body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header = headers.Clone()
		switch {
		case test.header == "":
		case test.value == "":
			r.Header.Del(test.header)
		default:
			r.Header.Set(test.header, test.value)
		}
		err = c.Delivery(r, []byte(test.body))
		if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%s with %s %q: %v, want %q", test.body, test.header, test.value, err, test.want)
		}
	}
}

func TestStream(t *testing.T) {
	c := checker(t)
	const delivery = `{"id":"018fb42c-1f5b-7c3e-9a51-2f6a1e4b8d91","service":"64b0f1a2c3d4e5f60718293a","organization":"64b0f1a2c3d4e5f60718293a","orgPath":"64b0f1a2c3d4e5f60718293a",` +
		`"event":"a.b","eventId":"018fb42c-1f5b-7c3e-9a51-2f6a1e4b8d91","key":"k","status":"pending","attempts":1,"createdAt":"2024-05-26T10:15:30.123Z"`
	const attempt = `,"attempt":{"number":1,"at":"2024-05-26T10:15:30.123Z","duration":{"dns":0,"connect":0,"tls":0,"firstByte":0,"total":1.5}}}`
	for text, want := range map[string]string{
		": alive\nid: 1\n\n":                                   "",
		"event: gap\ndata: {}\n\n":                             "",
		"event: attempt\ndata: " + delivery + attempt + "\n\n": "",
		"event: attempt\ndata: " + delivery + "}\n\n":          "missing property 'attempt'",
		"event: gap\n\n":                                       "has no data",
		"event: other\ndata: {}\n\n":                           "is not documented",
		"event: attempt\ndata: {":                              "", // cut
	} {
		err := c.checkStream([]byte(text))
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("checkStream(%q) = %v, want %q", text, err, want)
		}
	}
}
