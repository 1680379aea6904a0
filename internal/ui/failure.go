package ui

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"bellhop"
	"bellhop/internal/web"
)

// failurePage tells that a page cannot be shown, and what to do about it.
type failurePage struct {
	frame
	Answer string
	Advice string
	Ways   []link // out of here
}

func (*failurePage) template() string { return "failure" }

// fail answers with what went wrong. An error that is not for the visitor is logged.
func (ui *UI) fail(w http.ResponseWriter, r *http.Request, who *visitor, err error) {
	if r.Context().Err() != nil && errors.Is(err, context.Canceled) {
		return // nobody is there any more
	}
	e, ok := errors.AsType[*bellhop.Error](err)
	if !ok {
		e = &bellhop.Error{Code: bellhop.Internal}
	}
	switch e.Code {
	case bellhop.Internal:
		ui.log.ErrorContext(r.Context(), "page failed", "method", r.Method, "route", r.Pattern, "err", err)
	case bellhop.Unavailable:
		web.Unavailable(r, err)
	}
	if e.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(seconds(e.RetryAfter)))
	}
	p := failurePageOf(e, who)
	p.Ways = waysOut(r, e, who)
	if err := ui.render(w, r, web.Status(e), p); err != nil {
		ui.log.ErrorContext(r.Context(), "page failed", "method", r.Method, "route", r.Pattern, "err", err)
		http.Error(w, "Something went wrong.", http.StatusInternalServerError)
	}
}

func failurePageOf(e *bellhop.Error, who *visitor) *failurePage {
	p := &failurePage{frame: frame{Visitor: who}}
	switch e.Code {
	case bellhop.NotFound:
		p.Title, p.Answer = "Not found", sentence(e.Message)
		p.Advice = "It may have been deleted, or it belongs to an organization that is not yours."
	case bellhop.Forbidden:
		p.Title, p.Answer = "Not allowed", sentence(e.Message)
		if who != nil {
			p.Advice = fmt.Sprintf("You are logged in as %s, whose role is %s. Services, their deliveries and most settings are for admins: ask one of your organization.", who.Name, who.Role)
		} else {
			p.Advice = "Open the page here and send the form from it."
		}
	case bellhop.TooMany, bellhop.Unavailable:
		p.Title, p.Answer, p.Advice = "Try again later", sentence(e.Message), "Nothing was changed."
		if e.RetryAfter > 0 {
			p.Advice += " Try again in " + span(e.RetryAfter) + "."
		}
	case bellhop.Internal:
		p.Title, p.Answer = "Something went wrong", "This page could not be made."
		p.Advice = "The fault is on this server; its log says more. Trying again may help."
	default:
		p.Title, p.Answer = "That did not work", sentence(e.Message)
		p.Advice = "Go back and try it another way."
	}
	return p
}

// waysOut leads on from a failure: the same once more if that may help, a place where what
// was wanted may be found, and the first page.
func waysOut(r *http.Request, e *bellhop.Error, who *visitor) []link {
	if who == nil {
		return []link{{Text: "To the login", To: "/login"}}
	}
	var ways []link
	switch e.Code {
	case bellhop.Internal, bellhop.TooMany, bellhop.Unavailable:
		if r.Method == http.MethodGet {
			ways = append(ways, link{Text: "Try again", To: r.URL.RequestURI()})
		}
	case bellhop.NotFound:
		ways = append(ways, link{Text: "Search", To: "/search"})
	}
	return append(ways, link{Text: "To the first page", To: "/"})
}

// nowhere answers what is asked of a path that leads to no page.
func (ui *UI) nowhere(w http.ResponseWriter, r *http.Request) {
	var who *visitor
	if caller, err := ui.session(r); err == nil && caller != nil {
		who = visitorOf(caller)
	}
	ui.fail(w, r, who, errNoPage())
}

func seconds(d time.Duration) int { return int((d + time.Second - 1) / time.Second) }

func errNoPage() error { return bellhop.Errorf(bellhop.NotFound, "There is no such page") }
