package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"time"

	"bellhop/chipchat"
	"bellhop/internal/listen"
)

// webhook makes the service that was asked for, or changes the one that is there, and has it verified.
func (l *listening) webhook(ctx context.Context, bot *chipchat.Bot, t listen.Tunnel, show *display) error {
	if len(l.events) == 0 && !l.secret {
		show.advise("No webhook was asked for: --events \"message.create.**\" makes one on this URL.")
		return nil
	}
	s, err := l.ensure(ctx, bot, t.URL+l.path)
	if err != nil {
		return fmt.Errorf("make the webhook %s: %w", t.URL+l.path, err)
	}
	show.webhook(s, l.secret)
	for _, pattern := range uncovered(l.events) {
		text := fmt.Sprintf("No event is called %s, and so nothing will come of it.", pattern)
		if near := closest(pattern, catalogueNames()); near != "" {
			text += " Did you mean " + near + "?"
		}
		show.advise(text)
	}
	if s.Status == "active" {
		return nil
	}
	return l.verify(ctx, bot, s, show)
}

// ensure returns the webhook on a URL, with the events that were asked for.
func (l *listening) ensure(ctx context.Context, bot *chipchat.Bot, hook string) (*chipchat.Service, error) {
	query := chipchat.Query{"type": "webhook", "params.url": hook}
	for name, id := range map[string]string{"organization": l.organization, "bot": l.bot} {
		if id != "" {
			query[name] = id
		}
	}
	page, err := bot.Services.List(ctx, query)
	if err != nil {
		return nil, err
	}
	var s *chipchat.Service
	for i := range page.Items {
		if l.bot != "" || page.Items[i].Bot == "" || len(l.events) == 0 {
			s = &page.Items[i]
			break
		}
	}
	switch {
	case s == nil && len(l.events) == 0:
		return nil, hinted(noSuch("there is none"), `--events "message.create.**" makes one`)
	case s == nil:
		return l.create(ctx, bot, hook)
	case len(l.events) == 0 || slices.Equal(patternsOf(s), l.events):
		return s, nil
	}
	// A PATCH replaces params whole: the secret and all else goes back as it came (docs/contract/services.md section 4).
	params := s.Params
	params["events"] = l.events
	return bot.Services.Update(ctx, s.ID, map[string]any{"params": params})
}

func (l *listening) create(ctx context.Context, bot *chipchat.Bot, hook string) (*chipchat.Service, error) {
	body := map[string]any{"type": "webhook", "name": "listen " + l.name, "params": map[string]any{"url": hook, "events": l.events}}
	for name, id := range map[string]string{"organization": l.organization, "bot": l.bot} {
		if id != "" {
			body[name] = id
		}
	}
	s, err := bot.Services.Create(ctx, body)
	if e, ok := errors.AsType[*chipchat.Error](err); ok && e.StatusCode == http.StatusConflict && l.bot != "" {
		return nil, hinted(err, "a bot has one webhook: change the URL of that one, or leave --bot away, for events of the organization")
	}
	return s, err
}

// verify asks for the challenge until it passes: as soon as somebody listens at the target, and then at growing intervals,
// since each try is kept in the audit log. Somebody who starts anew is asked at once.
func (l *listening) verify(ctx context.Context, bot *chipchat.Bot, s *chipchat.Service, show *display) error {
	const shortest, longest, look = 2 * time.Second, time.Minute, 500 * time.Millisecond
	pause, told := shortest, ""
	tell := func(why string) {
		if told != why {
			told = why
			show.unverified(why)
		}
	}
	for {
		if !reachable(ctx, l.target) {
			tell("nothing listens at " + l.target.Host + " yet")
			for !reachable(ctx, l.target) {
				if wait(ctx, look) != nil {
					return nil
				}
			}
			pause = shortest
		}
		_, err := bot.Services.Update(ctx, s.ID, map[string]any{"status": "active"})
		if err == nil {
			show.verified()
			return nil
		}
		if e, ok := errors.AsType[*chipchat.Error](err); ok {
			if e.StatusCode == http.StatusNotFound {
				return fmt.Errorf("verify the webhook: %w", err)
			}
			tell(e.Message)
		}
		for end := time.Now().Add(pause); time.Now().Before(end) && reachable(ctx, l.target); {
			if wait(ctx, look) != nil {
				return nil
			}
		}
		pause = min(2*pause, longest)
	}
}

// reachable reports whether somebody listens at the target.
func reachable(ctx context.Context, target *url.URL) bool {
	port := target.Port()
	if port == "" {
		port = target.Scheme // a name that net knows
	}
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", net.JoinHostPort(target.Hostname(), port))
	if err != nil {
		return false
	}
	conn.Close()
	return true
}
