package ui

import (
	"encoding/base64"
	"encoding/json"
	"time"
)

const (
	noticeCookie = "bellhop_notice"
	noticeLife   = time.Minute
	noticeText   = 300 // bytes of each text in it
)

// notice is what a change has led to, for the page that the visitor is led to. It travels
// in a cookie, not in the address: what a link says must not look as if it had happened.
type notice struct {
	What   happened `json:"what"`
	About  string   `json:"about"` // an id: only its page shows the notice
	Name   string   `json:"name,omitempty"`
	Reason string   `json:"reason,omitempty"`
}

// happened is what a notice tells of.
type happened string

const (
	passed  happened = "passed"  // the challenge was asked and answered
	failed  happened = "failed"  // it was not answered as it should
	saved   happened = "saved"   // without asking
	turned  happened = "turned"  // the service off
	removed happened = "removed" // the service, or the organization
	added   happened = "added"   // the organization
	again   happened = "again"   // the service on; Reason is since when it had been off
	rotated happened = "rotated" // the secret
	steered happened = "steered" // a replay; Reason is what it was told
)

// noticeOf is a notice as a page shows it.
type noticeOf struct {
	Tone  string
	Text  string
	Story *story
	Next  *link // what to do now
}

// leave keeps a notice for the next page.
func (v *visit) leave(n notice) {
	n.Name, n.Reason = shorten(n.Name, noticeText), shorten(n.Reason, noticeText)
	text, err := json.Marshal(n)
	if err != nil {
		return // it has nothing but strings
	}
	v.ui.setCookie(v.w, v.r, noticeCookie, base64.RawURLEncoding.EncodeToString(text), noticeLife)
}

// noticed returns what was left about that id, once.
func (v *visit) noticed(about string) *notice {
	cookie, err := v.r.Cookie(noticeCookie)
	if err != nil {
		return nil
	}
	var n notice
	text, err := base64.RawURLEncoding.DecodeString(cookie.Value)
	if err != nil || json.Unmarshal(text, &n) != nil || n.About != about {
		return nil
	}
	v.ui.setCookie(v.w, v.r, noticeCookie, "", 0)
	return &n
}
