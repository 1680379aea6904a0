package chipchat

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
)

const (
	testBot          ID = "64b0f1a2c3d4e5f607182930"
	testAda          ID = "64b0f1a2c3d4e5f607182940"
	testConversation ID = "64b0f1a2c3d4e5f607182970"
	testSecret          = "zICWczLmAOEDvh1DiPGSHw=="
)

// request is what the fake server was sent.
type request struct {
	method, path, query, token, body string
}

// server is the API as a RoundTripper, so that tests need no network and synctest's clock goes on.
type server struct {
	answer func(r request) (status int, header http.Header, body string)

	mu       sync.Mutex
	requests []request
}

func (s *server) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		body, _ = io.ReadAll(r.Body)
	}
	got := request{
		r.Method, r.URL.Path, r.URL.RawQuery,
		strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "), string(body),
	}
	s.mu.Lock()
	s.requests = append(s.requests, got)
	s.mu.Unlock()
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	status, header, text := s.answer(got)
	if status == 0 {
		return nil, io.ErrUnexpectedEOF // the connection broke
	}
	if header == nil {
		header = http.Header{}
	}
	return &http.Response{
		StatusCode: status, Header: header, Body: io.NopCloser(strings.NewReader(text)), Request: r,
	}, nil
}

func (s *server) seen() []request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]request(nil), s.requests...)
}

// answers plays statuses one after the other, the last one for ever; 0 breaks the connection.
func answers(statuses ...int) *server {
	var mu sync.Mutex
	return &server{answer: func(request) (int, http.Header, string) {
		mu.Lock()
		defer mu.Unlock()
		status := statuses[0]
		if len(statuses) > 1 {
			statuses = statuses[1:]
		}
		if status >= 300 {
			return status, nil, `{"error":{"message":"refused"}}`
		}
		return status, nil, `{"id":"1","name":"ok"}`
	}}
}

// echoes answers every message with itself and an id.
func echoes() *server {
	return &server{answer: func(r request) (int, http.Header, string) {
		if strings.HasPrefix(r.body, "[") {
			return 201, nil, r.body
		}
		return 201, nil, `{"id":"64b0f1a2c3d4e5f607182999",` + strings.TrimPrefix(r.body, "{")
	}}
}

func makeToken(t testing.TB, claims map[string]any) string {
	t.Helper()
	payload, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	return "e30." + base64.RawURLEncoding.EncodeToString(payload) + ".c2ln"
}

func botToken(t testing.TB, serial int) string {
	return makeToken(t, map[string]any{
		"_id": testBot, "organization": "64b0f1a2c3d4e5f60718293a",
		"scope": "viewer anonymous guest agent bot", "grant_type": "access_token", "iat": serial,
	})
}

// newBot makes a bot that talks to s and logs nothing; adjust may be nil.
func newBot(t testing.TB, s *server, adjust func(*Options)) *Bot {
	t.Helper()
	o := Options{
		Token: botToken(t, 1), Host: "https://api.example.test",
		HTTPClient: &http.Client{Transport: s}, Logger: slog.New(slog.DiscardHandler),
	}
	if adjust != nil {
		adjust(&o)
	}
	b, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
