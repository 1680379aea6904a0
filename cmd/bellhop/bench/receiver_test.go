package bench

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"
)

func TestReceiver(t *testing.T) {
	r := &receiver{}
	s := httptest.NewServer(r)
	defer s.Close()
	post := func(path string, body []byte) {
		t.Helper()
		resp, err := s.Client().Post(s.URL+path, "application/json", bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != http.StatusOK || !bytes.Equal(text, okBody) {
			t.Errorf("answer %d %s (%v)", resp.StatusCode, text, err)
		}
	}
	event := func(i int) []byte {
		return appendEvent(nil, "", 0, firstSeq+int64(i), time.Now().UnixMicro(), false)
	}
	for _, i := range []int{0, 3, 1, 3, 3} {
		post(healthyPath, event(i))
	}
	post(healthyPath, []byte("{}"))
	post(healthyPath, event(-1))
	post(slowPath, event(2)) // is not counted

	got := r.count()
	got.Last = 0
	if want := (tally{Arrived: 3, Requests: 7, Unknown: 1, Repeated: 2, Unaccounted: 1}); got != want {
		t.Errorf("tally %+v, want %+v", got, want)
	}
	if got, want := r.missing(firstSeq+6), []int64{firstSeq + 2, firstSeq + 4, firstSeq + 5}; !slices.Equal(got, want) {
		t.Errorf("missing %v, want %v", got, want)
	}
	d := r.details()
	if len(d.Delays) != 3 || len(d.Repeats) != 2 || d.Repeats[0].Seq != firstSeq+3 || d.Repeats[0].First == 0 {
		t.Errorf("details %+v", d)
	}
	r.reset()
	if got := r.count(); got != (tally{}) {
		t.Errorf("after a reset: %+v", got)
	}
	post(healthyPath, event(3))
	if got := r.count(); got.Arrived != 1 || got.Repeated != 0 {
		t.Errorf("after a reset an event that came before is %+v, want a new one", got)
	}
}

func TestReceiverAnswersTheChallenge(t *testing.T) {
	w := httptest.NewRecorder()
	new(receiver).ServeHTTP(w, httptest.NewRequest("GET", "/slow?type=subscribe&challenge=q7TzB2mWk0LfXaE", nil))
	if w.Code != http.StatusOK || w.Body.String() != "q7TzB2mWk0LfXaE" {
		t.Errorf("answer %d %s", w.Code, w.Body)
	}
}
