package check

import (
	"net/http"
	"strings"
	"testing"
)

func TestWhatAnAnswerSays(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		status  int
		body    string
		must    Result
		mustNot Result
		orderly Result
	}{
		{200, `{"status":"ok"}`, Passed, Failed, Passed},
		{204, ``, Passed, Failed, Passed},
		{200, `{"status":"not ok","error":"Message integrity check failed"}`, Failed, Passed, Passed},
		{200, `{"error":false}`, Passed, Failed, Passed},
		{200, `{"status":"not ok"}`, Failed, Passed, Passed},
		{200, `{"error":0,"message":"ok"}`, Passed, Failed, Passed},
		{200, `{"error":{},"data":[]}`, Passed, Failed, Passed},
		{200, `{"error":[]}`, Passed, Failed, Passed},
		{200, `{"error":1}`, Failed, Passed, Passed},
		{200, `not JSON`, Passed, Failed, Passed},
		{301, ``, Failed, Warning, Failed},
		{401, ``, Failed, Passed, Passed},
		{429, ``, Untold, Untold, Untold},
		{500, ``, Failed, Warning, Failed},
		{0, ``, Failed, Warning, Failed},
	} {
		a := answer{status: test.status, body: []byte(test.body), header: http.Header{}}
		if must, mustNot, orderly := a.must().result, a.mustNot().result, a.orderly().result; must != test.must || mustNot != test.mustNot || orderly != test.orderly {
			t.Errorf("%d %s: %s %s %s, want %+v", test.status, test.body, must, mustNot, orderly, test)
		}
	}
	later := answer{status: 503, header: http.Header{"Retry-After": {"1"}}}
	for _, f := range []finding{later.must(), later.mustNot(), later.orderly(), strictly(later)} {
		if f.result != Untold {
			t.Errorf("503 that says when to come again: %+v", f)
		}
	}
	if f := (answer{timeout: true}).mustNot(); f.result != Failed {
		t.Errorf("no answer in time refuses nothing: %+v", f)
	}
}

// What a stranger answers goes to a terminal.
func TestAnswersAreShownSafely(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		"":                          "answered 200",
		"ok":                        "answered 200 `ok`",
		"\x1b[2Jgone":               `answered 200 "\x1b[2Jgone"`,
		"tick ` tock":               "answered 200 \"tick ` tock\"",
		strings.Repeat("é", 60):     "answered 200 `" + strings.Repeat("é", 30) + "` ...",
		`{"token":"abc","text":""}`: "answered 200 `" + `{"token":"***","text":""}` + "`",
	} {
		a := answer{status: 200, header: http.Header{}, body: []byte(body)}
		if got := a.String(); got != want && !(strings.Contains(body, "token") && !strings.Contains(got, "abc")) {
			t.Errorf("%q is shown as %s, want %s", body, got, want)
		}
	}
}
