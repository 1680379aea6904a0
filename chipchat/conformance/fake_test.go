package conformance

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
)

// fake is the API as a scenario wants it. It answers what it is asked, and keeps it.
type fake struct {
	s *scenario

	mu       sync.Mutex
	created  int
	answered map[string]int
	requests []any // as scenario.wanted has them: [line, body, headers]
}

func newFake(s *scenario) *fake { return &fake{s: s, answered: map[string]int{}} }

// answer is given to a request; its body was read.
func (st *fake) answer(r *http.Request, body string) answer {
	st.mu.Lock()
	defer st.mu.Unlock()
	line := r.Method + " " + r.URL.Path
	if r.URL.RawQuery != "" {
		line += "?" + r.URL.RawQuery
	}
	var decoded any
	if json.Unmarshal([]byte(body), &decoded) != nil {
		decoded = body
	}
	headers := object{}
	for name := range r.Header {
		headers[name] = r.Header.Get(name)
	}
	st.requests = append(st.requests, []any{line, decoded, headers})

	route := r.Method + " " + r.URL.Path
	list, ok := st.s.API[line]
	if ok {
		route = line
	} else {
		list, ok = st.s.API[route]
	}
	if ok {
		a := list[min(st.answered[route], len(list)-1)]
		st.answered[route]++
		return a
	}
	return st.usual(r, decoded)
}

// usual is what the API answers if a scenario does not say otherwise; the caller holds the lock.
func (st *fake) usual(r *http.Request, body any) answer {
	switch {
	case r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/messages"):
		return answer{Status: http.StatusCreated, Body: st.create(body)}
	case r.Method == http.MethodGet && r.URL.Path == "/v2/conversations/"+st.s.ids.conversation:
		return answer{Status: http.StatusOK, Body: st.s.ids.aConversation()}
	}
	return answer{Status: http.StatusOK, Body: object{}}
}

func (st *fake) create(body any) any {
	switch body := body.(type) {
	case []any:
		created := make([]any, len(body))
		for i := range body {
			created[i] = st.create(body[i])
		}
		return created
	case map[string]any:
		st.created++
		return merge(body, object{"id": fmt.Sprintf("m%d", st.created)})
	}
	return body
}

// ServeHTTP answers the npm package, which may also ask how many requests there were.
func (st *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/requests" {
		_, _ = fmt.Fprint(w, len(st.asked()))
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	a := st.answer(r, string(body))
	if a.Status == 0 {
		panic(http.ErrAbortHandler)
	}
	header := w.Header()
	header.Set("Content-Type", "application/json")
	for name, value := range a.Headers {
		header.Set(name, strings.ReplaceAll(value, "{host}", "http://"+r.Host))
	}
	w.WriteHeader(a.Status)
	if a.Body != nil {
		_, _ = io.WriteString(w, encode(a.Body))
	}
}

// RoundTrip answers the Go package, without a network.
func (st *fake) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
	}
	a := st.answer(r, string(body))
	if a.Status == 0 {
		return nil, io.ErrUnexpectedEOF
	}
	header := http.Header{"Content-Type": {"application/json"}}
	for name, value := range a.Headers {
		header.Set(name, strings.ReplaceAll(value, "{host}", "http://"+r.URL.Host))
	}
	content := ""
	if a.Body != nil {
		content = encode(a.Body)
	}
	return &http.Response{StatusCode: a.Status, Header: header, Body: io.NopCloser(strings.NewReader(content)), Request: r}, nil
}

func (st *fake) asked() []any {
	st.mu.Lock()
	defer st.mu.Unlock()
	return append([]any(nil), st.requests...)
}
