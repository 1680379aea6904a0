package ui

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"bellhop"
)

// serviceSettingsPage shows how a service is set up. Of a service that is no webhook it is
// the only page.
type serviceSettingsPage struct {
	serviceHead
	Facts    []fact
	Events   []string
	Sending  []fact // how a webhook is sent to
	Secret   secretView
	Rotation string // what is signed with the old secret, and until when; "" if nothing
}

func (*serviceSettingsPage) template() string { return "servicesettings" }

// secretView is what of a service is shown on demand alone.
type secretView struct {
	Shown  bool
	Secret string
	URL    string // with user and password; "" if there are none
	Params string // of what is no webhook
	Toggle string // where it is shown, or hidden again
}

func (ui *UI) serviceSettings(v *visit) error {
	s, o, err := v.watchedService(v.id())
	if err != nil {
		return err
	}
	return ui.showSettings(v, s, o)
}

func (ui *UI) showSettings(v *visit, s *watchedService, o *bellhop.Organization) error {
	params, webhook := webhookParamsOf(&s.Service)
	p := &serviceSettingsPage{
		Facts: ui.serviceFacts(&s.Service, o, params), Events: params.Events, Secret: secretViewOf(v.r.URL, &s.Service, params),
	}
	var err error
	if p.serviceHead, err = v.serviceHead(s, o, tabSettings); err != nil {
		return err
	}
	p.Confidential = p.Secret.Shown
	if webhook {
		p.Sending = sendingFacts(params)
		p.Rotation = ui.rotationWords(params)
	}
	return v.show(p)
}

func (ui *UI) serviceFacts(s *bellhop.Service, o *bellhop.Organization, params bellhop.WebhookParams) []fact {
	var facts []fact
	if params.URL != "" {
		facts = append(facts, fact{Name: "Goes to", Value: webhookURL(params.URL).hidden(), Code: true})
	} else {
		facts = append(facts, fact{Name: "Type", Value: s.Type, Code: true})
	}
	if s.Bot != "" {
		facts = append(facts, fact{Name: "Of the bot", Value: string(s.Bot), Code: true})
	}
	return append(facts,
		fact{Name: "Hears of", Value: nameOf(o) + " and all below it", To: orgPath(o.ID)},
		fact{Name: "Id", Value: string(s.ID), Code: true},
		fact{Name: "Created", At: ui.moment(s.CreatedAt)},
		fact{Name: "Changed", At: ui.moment(s.UpdatedAt)},
	)
}

// Of a webhook, unless it says otherwise (docs/contract/extensions.md section 3).
const (
	usualConcurrency = 64
	usualTimeout     = 20
)

// signatureHeaders are the headers of each kind of signature.
var signatureHeaders = map[string]string{
	"sha1": "X-Hub-Signature", "sha256": "X-Hub-Signature-256", "standard": "webhook-signature",
}

// signaturesOf are the headers that a webhook is signed with.
func signaturesOf(params bellhop.WebhookParams) []string {
	kinds := params.Signatures
	if len(kinds) == 0 {
		kinds = []string{"sha1", "sha256", "standard"}
	}
	var headers []string
	for _, kind := range kinds {
		headers = append(headers, signatureHeaders[kind])
	}
	return headers
}

func sendingFacts(params bellhop.WebhookParams) []fact {
	order := "what concerns one conversation in its order"
	if params.Order == "none" {
		order = "none: everything as soon as possible"
	}
	concurrency, timeout, rate := params.Concurrency, params.Timeout, "no limit"
	if concurrency == 0 {
		concurrency = usualConcurrency
	}
	if timeout == 0 {
		timeout = usualTimeout
	}
	if params.Rate > 0 {
		rate = strconv.FormatFloat(params.Rate, 'f', -1, 64) + " attempts a second"
	}
	facts := []fact{
		{Name: "Signatures", Value: commas(signaturesOf(params)), Code: true},
		{Name: "Order", Value: order},
		{Name: "At once", Value: "at most " + plural(concurrency, "attempt", "attempts")},
		{Name: "Rate", Value: rate},
		{Name: "Time to answer", Value: plural(timeout, "second", "seconds")},
	}
	if len(params.Headers) > 0 {
		facts = append(facts, fact{Name: "Own headers", Value: commas(slices.Sorted(maps.Keys(params.Headers))), Code: true})
	}
	return facts
}

func secretViewOf(here *url.URL, s *bellhop.Service, params bellhop.WebhookParams) secretView {
	shown := here.Query().Get("show") == "secret"
	view := secretView{Shown: shown, Toggle: withParameter(here, "show", "secret", shown) + "#secret"}
	if !shown {
		return view
	}
	view.Secret = params.Secret
	if _, user, _ := webhookURL(params.URL).parts(); user != "" {
		view.URL = params.URL
	}
	if s.Type != bellhop.WebhookType {
		view.Params = indentJSON(s.Params)
	}
	return view
}

// rotating reports whether the secret of before a rotation still signs.
func (ui *UI) rotating(params bellhop.WebhookParams) bool {
	return params.PreviousSecret != "" && params.PreviousSecretUntil.Time().After(ui.now())
}

func (ui *UI) rotationWords(params bellhop.WebhookParams) string {
	if !ui.rotating(params) {
		return ""
	}
	until := clock(params.PreviousSecretUntil, ui.now()) + " UTC"
	if !slices.Contains(signaturesOf(params), signatureHeaders["standard"]) {
		return "A rotation is under way until " + until + ", but webhook-signature, the one header that has room for the old secret too, is not sent."
	}
	return "A rotation is under way: until " + until + " webhook-signature is made with the old secret too. " + strings.Join(oneSecret(params), " and ") + onlyNew(params)
}

// oneSecret are the headers that have room for one signature.
func oneSecret(params bellhop.WebhookParams) []string {
	return slices.DeleteFunc(signaturesOf(params), func(h string) bool { return h == signatureHeaders["standard"] })
}

func onlyNew(params bellhop.WebhookParams) string {
	switch len(oneSecret(params)) {
	case 0:
		return ""
	case 1:
		return " is made with the new one alone."
	}
	return " are made with the new one alone."
}
