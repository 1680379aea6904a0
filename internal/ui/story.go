package ui

import (
	"errors"
	"strings"

	"bellhop"
)

// story tells how a challenge went: what was asked, what came back, and what to do.
type story struct {
	Passed bool
	Asked  string // the request, without user info
	Answer string // "connection refused"; "" if it is not known
	Said   string // the same as part of a sentence
	Means  string
	Kept   string // what the failure has left as it was
}

func tellStory(target webhookURL, ok bool, reason, kept string) *story {
	s := &story{Passed: ok, Asked: "GET " + target.challenge(), Answer: reason, Kept: kept}
	if ok {
		s.Said = "answered 200 with the challenge"
		return s
	}
	s.Said, s.Means = saidOf(reason), meaning(reason)
	if strings.HasPrefix(reason, "status ") || reason == "challenge mismatch" {
		s.Means = strings.TrimSpace(s.Means + " " + answeredForYou)
	}
	return s
}

// answeredForYou is for those who have written an endpoint where none is needed.
const answeredForYou = "With ChipChat the challenge is answered for you, at the path that the bot listens on."

func saidOf(reason string) string {
	switch {
	case reason == "":
		return "did not answer with the challenge"
	case reason == "challenge mismatch":
		return "answered 200, but not with the challenge"
	case reason == "timeout":
		return "did not answer in time"
	case strings.HasPrefix(reason, "status "):
		return "answered with " + reason
	}
	return "could not be asked: " + reason
}

const verificationFailed = "Webhook could not be verified: "

// notVerified returns why a webhook did not pass its challenge, if that is what err is
// about (docs/contract/services.md section 4).
func notVerified(err error) (reason string, ok bool) {
	e, ok := errors.AsType[*bellhop.Error](err)
	if !ok || e.Code != bellhop.Forbidden {
		return "", false
	}
	return strings.CutPrefix(e.Message, verificationFailed)
}
