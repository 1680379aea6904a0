package ui

import (
	"encoding/json"
	"net/url"
	"strconv"
	"strings"

	"bellhop"
)

// The tabs of a delivery, as its address names them.
const (
	tabPayload  = "payload"
	tabRequest  = "request"
	tabResponse = "response"
	tabCompare  = "compare"
	tabCurl     = "curl"
)

// deliveryView is what is behind a tab: one of these is set.
type deliveryView struct {
	Title    string
	Payload  *bodyView
	Request  *requestView
	Response *responseView
	Compare  *compareView
	Curl     *curlView
}

type requestView struct {
	Line       string // the method and where it went
	At         *moment
	Timing     string
	Headers    []header
	Signatures []signatureView
	Body       bodyView
}

type responseView struct {
	Answered  bool
	Status    string
	Why       string // why there is none
	Means     string
	Headers   []header
	Body      bodyView
	Truncated bool
}

type curlView struct {
	curlCommand
	Number int
	Why    string // the command does not stand on a page; "" if it does
	Whole  string // the command alone, as text
}

// chosenTab is the tab that the address names. Else it is what one comes for: of a delivery that is
// not delivered what came back, else what was delivered.
func chosenTab(name string, d *fullDelivery) string {
	last := len(d.Attempts) - 1
	switch {
	case last < 0:
		return tabPayload
	case name == tabCompare && last < 1:
	case name == tabPayload, name == tabRequest, name == tabResponse, name == tabCompare, name == tabCurl:
		return name
	}
	if d.Status != bellhop.Delivered.String() {
		return tabResponse
	}
	return tabPayload
}

func tabsOf(here *url.URL, current string, d *fullDelivery) []link {
	tabs := []link{{Text: "Payload", To: tabPayload}}
	if len(d.Attempts) > 0 {
		tabs = append(tabs, link{Text: "Request as sent", To: tabRequest}, link{Text: "Response", To: tabResponse})
	}
	if len(d.Attempts) > 1 {
		tabs = append(tabs, link{Text: "Compare attempts", To: tabCompare})
	}
	if len(d.Attempts) > 0 {
		tabs = append(tabs, link{Text: "Copy as curl", To: tabCurl})
	}
	plain := *here
	q := plain.Query()
	q.Del("raw")
	plain.RawQuery = q.Encode()
	for i := range tabs {
		tabs[i].Current = tabs[i].To == current
		tabs[i].To = withParameter(&plain, "tab", tabs[i].To, false) + "#view"
	}
	return tabs
}

// viewOf is what is behind a tab. a is the chosen attempt, nil if there is none.
func (ui *UI) viewOf(here *url.URL, tab string, d *fullDelivery, a *attempt, service *bellhop.Service) deliveryView {
	raw := here.Query().Get("raw") != ""
	payload := bodyViewOf("Payload", string(d.Payload), "application/json", raw).bounded(deliveryPath(d.ID) + "/payload").toggled(here)
	if tab == tabPayload {
		return deliveryView{Title: "Payload", Payload: &payload}
	}
	of := " of attempt " + strconv.Itoa(a.Number)
	switch tab {
	case tabRequest:
		// Here it is to be seen as it went out.
		body := bodyViewOf("Body of the request", string(d.Payload), "application/json", true).bounded(deliveryPath(d.ID) + "/payload")
		return deliveryView{Title: "Request" + of, Request: &requestView{
			Line: "POST " + a.Request.URL, At: momentAt(a.At, exactly), Timing: timingBarOf(a.Duration, 0).Text, Headers: headersOf(a.Request.Headers),
			Signatures: explainSignatures(a, d.ID, d.Payload, webhookParamsOrNil(service)), Body: body,
		}}
	case tabCompare:
		return deliveryView{Title: "Compare attempts", Compare: compareViewOf(here, d)}
	case tabCurl:
		c := &curlView{curlCommand: curlOf(a, string(d.Payload)), Number: a.Number, Whole: deliveryPath(d.ID) + "/curl/" + strconv.Itoa(a.Number)}
		switch {
		case len(c.Text) > bodyShown:
			c.Text, c.Why = "", "The body is too large to stand here."
		case strings.ContainsFunc(c.Text, isNoText):
			c.Text, c.Why = "", "It has control characters, which do not stand on a page."
		}
		return deliveryView{Title: "The request" + of + " as a command", Curl: c}
	}
	return deliveryView{Title: "Response" + of, Response: ui.responseOf(here, d, a, raw)}
}

func (ui *UI) responseOf(here *url.URL, d *fullDelivery, a *attempt, raw bool) *responseView {
	r := &responseView{Means: meaning(a.Error)}
	if a.Response == nil {
		r.Why = sentence("none came: " + a.Error)
		return r
	}
	r.Answered, r.Status, r.Truncated = true, "status "+strconv.Itoa(a.Status), a.Response.Truncated
	r.Headers = headersOf(a.Response.Headers)
	r.Body = bodyViewOf("Body of the response", a.Response.Body, a.Response.Headers["Content-Type"], raw).
		bounded(deliveryPath(d.ID) + "/response/" + strconv.Itoa(a.Number)).toggled(here)
	return r
}

// toggled adds the link between both forms of a body.
func (v bodyView) toggled(here *url.URL) bodyView {
	if v.Text != "" && looksLikeJSON(v.Text) {
		v.Other = &link{Text: "As sent", To: withParameter(here, "raw", "1", false) + "#view"}
		if v.Raw {
			v.Other = &link{Text: "Formatted", To: withParameter(here, "raw", "", true) + "#view"}
		}
	}
	return v
}

func webhookParamsOrNil(s *bellhop.Service) *bellhop.WebhookParams {
	if s == nil {
		return nil
	}
	var p bellhop.WebhookParams
	if json.Unmarshal(s.Params, &p) != nil || p.Secret == "" {
		return nil
	}
	return &p
}
