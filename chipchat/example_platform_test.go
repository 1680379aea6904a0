package chipchat_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"

	"bellhop/chipchat"
)

// What the examples talk to: a platform that prints what bots say in conversations, and answers requests by path.

const (
	token        = "e30.eyJfaWQiOiI2NGIwZjFhMmMzZDRlNWY2MDcxODI5MzAiLCJvcmdhbml6YXRpb24iOiI2NGIwZjFhMmMzZDRlNWY2MDcxODI5M2EiLCJzY29wZSI6InZpZXdlciBhbm9ueW1vdXMgZ3Vlc3QgYWdlbnQgYm90IiwiZ3JhbnRfdHlwZSI6ImFjY2Vzc190b2tlbiJ9.c2ln"
	conversation = chipchat.ID("64b0f1a2c3d4e5f607182970")
)

type platform struct {
	answers map[string]string   // by method and path; "404 text" refuses
	heard   func(text string)   // told of what a bot says; may be nil
	next    map[string]string   // query of the page after that of a path and query
	headers func(r http.Header) // told of the headers of each request; may be nil
}

// client is the platform as the HTTP client of a bot, so that no network is needed.
func (p *platform) client() *http.Client { return &http.Client{Transport: p} }

func (p *platform) RoundTrip(r *http.Request) (*http.Response, error) {
	if p.headers != nil {
		p.headers(r.Header)
	}
	var body []byte
	if r.Body != nil {
		body, _ = io.ReadAll(r.Body)
	}
	path := strings.TrimPrefix(r.URL.Path, "/v2/")
	header := http.Header{}
	if strings.HasSuffix(path, "/messages") && r.Method == http.MethodPost {
		return answer(201, header, p.hear(body)), nil
	}
	if r.URL.RawQuery != "" {
		path += "?" + r.URL.RawQuery
	}
	if next := p.next[path]; next != "" {
		header.Set("Link", "<https://api.example.test/v2/"+next+`>; rel="next"`)
	}
	text, ok := p.answers[r.Method+" "+path]
	if !ok {
		text = "404 " + path + " is unknown"
	}
	if message, refused := strings.CutPrefix(text, "404 "); refused {
		return answer(404, header, fmt.Sprintf(`{"error":{"message":%q}}`, message)), nil
	}
	return answer(200, header, text), nil
}

// hear prints messages, but for the note that a question is open, and returns them as created.
func (p *platform) hear(body []byte) string {
	single := !strings.HasPrefix(string(body), "[")
	if single {
		body = []byte("[" + string(body) + "]")
	}
	var messages []chipchat.Message
	if err := json.Unmarshal(body, &messages); err != nil {
		return `{"error":{"message":"Invalid JSON"}}`
	}
	for i := range messages {
		messages[i].ID = "64b0f1a2c3d4e5f607182999"
		if !strings.HasPrefix(messages[i].Text, "/set _asked") {
			fmt.Println("bot:", messages[i].Text)
		}
		for _, a := range messages[i].Actions {
			fmt.Printf("     [%s]\n", a.Text)
		}
		if p.heard != nil {
			p.heard(messages[i].Text)
		}
	}
	var created any = messages
	if single {
		created = messages[0]
	}
	encoded, err := json.Marshal(created)
	if err != nil {
		return `{"error":{"message":"Invalid message"}}`
	}
	return string(encoded)
}

func answer(status int, header http.Header, body string) *http.Response {
	return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(strings.NewReader(body))}
}

// contactSays is the delivery of a chat message, in a conversation with this meta.
func contactSays(text, meta string) []byte {
	return fmt.Appendf(nil, `{"id":"5f0c6d2e-1b7a-11ef-9c3d-2f6a1e4b8d90","event":"message.create.contact.chat","activity":{},"data":{
		"message":{"id":"64b0f1a2c3d4e5f607182980","type":"chat","role":"contact","text":%q},
		"conversation":{"id":"64b0f1a2c3d4e5f607182970","status":"queued","meta":{%s}}}}`, text, meta)
}

// newBot makes a bot that talks to the platform.
func newBot(p *platform) *chipchat.Bot {
	bot, err := chipchat.New(chipchat.Options{Token: token, HTTPClient: p.client()})
	if err != nil {
		panic(err)
	}
	return bot
}
