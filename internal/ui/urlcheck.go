package ui

import (
	"context"
	"net/http"
	"sync"
	"time"

	"bellhop"
	"bellhop/internal/web"
)

// urlCheck says what is to be said about the URL of a webhook while it is typed.
type urlCheck struct {
	Tone  string
	Text  string
	Means string
	Facts []string
}

// checkRate is how often a visitor may have URLs asked while they are typed: each is a
// request to wherever the visitor wants.
var checkRate = web.Rate{PerSecond: 0.5, Burst: 30}

// urlChecks has one URL of each visitor asked at a time, and not too many.
type urlChecks struct {
	limiter *web.Limiter

	mu      sync.Mutex
	running map[bellhop.ID]*func() // what ends the one that is under way
}

func newURLChecks() *urlChecks {
	return &urlChecks{limiter: web.NewLimiter(checkRate, nil), running: map[bellhop.ID]*func(){}}
}

// begin ends the check of the visitor that is under way: he has typed on. The context is
// that of the new one, which end ends.
func (c *urlChecks) begin(ctx context.Context, visitor bellhop.ID) (_ context.Context, end func(), err error) {
	if err := c.limiter.User(visitor); err != nil {
		return nil, nil, err
	}
	ctx, stop := context.WithCancel(ctx)
	mine := (*func())(&stop)
	c.mu.Lock()
	defer c.mu.Unlock()
	if older := c.running[visitor]; older != nil {
		(*older)()
	}
	c.running[visitor] = mine
	return ctx, func() {
		stop()
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.running[visitor] == mine {
			delete(c.running, visitor)
		}
	}, nil
}

// checkURL answers with a part of a page: what is to be said about the URL in the form.
func (ui *UI) checkURL(v *visit) error {
	if err := readForm(v.r); err != nil {
		return err
	}
	was := ""
	if id := bellhop.ID(v.r.PostFormValue("service")); id != "" {
		var s bellhop.Service
		if err := v.get(bellhop.Services, id, &s); err != nil {
			return err
		}
		params, _ := webhookParamsOf(&s)
		was = params.URL
	}
	check, err := ui.tryURL(v, v.id(), v.r.PostFormValue("url"), was)
	if err != nil {
		return err
	}
	return v.showPart(http.StatusOK, "url-check", check)
}

// tryURL judges a URL as the rules do when a webhook is made of it; was is that of a
// webhook that there is.
func (ui *UI) tryURL(v *visit, organization bellhop.ID, typed, was string) (*urlCheck, error) {
	if was != "" && typed == webhookURL(was).hidden() {
		return &urlCheck{Tone: toneOff, Text: "This is the URL that it has."}, nil
	}
	target, err := changedURL(was, typed)
	if err != nil {
		return checkRefused(err)
	}
	ctx, end, err := ui.checks.begin(v.r.Context(), v.caller.ID)
	if err != nil {
		return &urlCheck{Tone: toneOff, Text: "Many URLs were tried in the last minute. This one is asked when you press the button below, or try it again in a moment."}, nil
	}
	defer end()
	trial, err := ui.subscriptions.TryURL(ctx, v.caller, organization, target)
	if err != nil {
		if ctx.Err() != nil && v.r.Context().Err() == nil {
			return &urlCheck{Tone: toneOff, Text: "Another URL is being asked."}, nil
		}
		return checkRefused(err)
	}
	told := tellStory(webhookURL(target), trial.Reason == "", trial.Reason, "")
	c := &urlCheck{Tone: toneOK, Text: "Your endpoint " + told.Said + " in " + took(trial.Took) + ".", Means: told.Means}
	if trial.Reason != "" {
		c.Tone, c.Text = toneWait, "Your endpoint at "+trial.Host+" "+told.Said+"."
	} else {
		c.Facts = []string{"Goes to " + trial.Host + "."}
	}
	if !trial.Encrypted {
		c.Facts = append(c.Facts, "Not encrypted: good for development; elsewhere use https.")
	}
	if trial.User {
		c.Facts = append(c.Facts, "User and password are sent with every request, and hidden on every page.")
	}
	switch {
	case trial.Reason == "":
	case was == "":
		c.Facts = append(c.Facts, "You can save it all the same, and verify it when it is ready.")
	default:
		c.Facts = append(c.Facts, "It replaces the old URL only when it passes.")
	}
	return c, nil
}

// checkRefused says what the rules do not like about a URL.
func checkRefused(err error) (*urlCheck, error) {
	f := webhookForm{URL: field{Label: "Webhook URL"}}
	if err := f.refused(err); err != nil {
		return nil, err
	}
	return &urlCheck{Tone: toneFail, Text: f.URL.Error}, nil
}

// took writes how long something took.
func took(d time.Duration) string {
	if d < time.Millisecond {
		return "less than 1 ms"
	}
	return number(int(d.Milliseconds())) + " ms"
}
