package ui

import (
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"bellhop"
)

// advancedForm is the parameters of a webhook that most can leave alone
// (docs/contract/extensions.md section 3).
type advancedForm struct {
	Open bool // not folded away
	Sent bool // the fields were in the form that was sent

	Signing     field // what is wrong with the signatures
	Signatures  []choice
	Order       field
	Orders      []choice
	Concurrency field
	Rate        field
	Timeout     field
	Headers     field // what is wrong with the headers
	Rows        []headerRow
}

// headerRow is a header that is sent along. Its value is not shown, unless it was typed
// just now.
type headerRow struct {
	Number int
	Name   string
	Was    string // the header whose value stays, if none is typed
	Value  string
}

// spareRows is how many rows there are to type further headers in.
const spareRows = 2

// signatureChoices are the names of params.signatures.
var signatureChoices = []choice{
	{ID: "signature-sha1", Value: "sha1", Label: "X-Hub-Signature", Text: "SHA-1: what a bot built with the SDK looks at"},
	{ID: "signature-sha256", Value: "sha256", Label: "X-Hub-Signature-256", Text: "SHA-256, in the same manner"},
	{ID: "signature-standard", Value: "standard", Label: "webhook-signature", Text: "of Standard Webhooks, which many libraries verify"},
}

// orderChoices are the values of params.order; the first is the default.
var orderChoices = []choice{
	{ID: "order-key", Value: "key", Label: "In order", Text: "what concerns one conversation is begun in the order in which it happened"},
	{ID: "order-none", Value: "none", Label: "As fast as possible", Text: "nothing waits for anything else"},
}

// newAdvancedForm returns the form with what a webhook has; nil means the defaults.
func newAdvancedForm(p *bellhop.WebhookParams) advancedForm {
	if p == nil {
		p = new(bellhop.WebhookParams)
	}
	f := advancedForm{
		Signing:     field{ID: "signature-sha1", Label: "Signatures"},
		Order:       field{ID: "order-key", Label: "Order"},
		Concurrency: field{ID: "concurrency", Label: "Requests at once", Value: orEmpty(p.Concurrency)},
		Rate:        field{ID: "rate", Label: "Requests per second"},
		Timeout:     field{ID: "timeout", Label: "Timeout", Value: orEmpty(p.Timeout)},
		Headers:     field{ID: "headers", Label: "Headers"},
	}
	if p.Rate != 0 {
		f.Rate.Value = strconv.FormatFloat(p.Rate, 'f', -1, 64)
	}
	f.choose(p.Signatures, p.Order)
	for _, name := range slices.Sorted(maps.Keys(p.Headers)) {
		f.Rows = append(f.Rows, headerRow{Name: name, Was: name})
	}
	f.number()
	return f
}

func orEmpty(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// choose ticks signatures, none stand for all, and an order.
func (f *advancedForm) choose(signatures []string, order string) {
	f.Signatures, f.Orders = slices.Clone(signatureChoices), slices.Clone(orderChoices)
	for i := range f.Signatures {
		f.Signatures[i].Chosen = len(signatures) == 0 || slices.Contains(signatures, f.Signatures[i].Value)
	}
	for i := range f.Orders {
		f.Orders[i].Chosen = f.Orders[i].Value == order || order == "" && i == 0
	}
}

// number adds the spare rows.
func (f *advancedForm) number() {
	for range spareRows {
		f.Rows = append(f.Rows, headerRow{})
	}
	for i := range f.Rows {
		f.Rows[i].Number = i + 1
	}
}

// read takes what was sent; a form without these fields leaves all as it is.
func (f *advancedForm) read(sent url.Values) {
	if !sent.Has("advanced") {
		return
	}
	f.Sent, f.Order.Value = true, sent.Get("order")
	f.choose(sent["signature"], f.Order.Value)
	if len(sent["signature"]) == 0 {
		for i := range f.Signatures {
			f.Signatures[i].Chosen = false
		}
	}
	for name, to := range map[string]*field{"concurrency": &f.Concurrency, "rate": &f.Rate, "timeout": &f.Timeout} {
		to.Value = strings.TrimSpace(sent.Get(name))
	}
	names, was, values := sent["header-name"], sent["header-was"], sent["header-value"]
	f.Rows = nil
	for i := range min(len(names), len(was), len(values)) {
		row := headerRow{Name: strings.TrimSpace(names[i]), Was: was[i], Value: strings.TrimSpace(values[i])}
		if row.Name != "" || row.Value != "" {
			f.Rows = append(f.Rows, row)
		}
	}
	f.number()
}

// wrong reports whether something is said about a field, which must then be seen.
func (f *advancedForm) wrong() bool {
	for _, field := range []*field{&f.Signing, &f.Order, &f.Concurrency, &f.Rate, &f.Timeout, &f.Headers} {
		if field.Error != "" {
			return true
		}
	}
	return false
}

// change sets in changes what the form says of a webhook that had old. What is as the
// server does it anyhow is left out.
func (f *advancedForm) change(old *bellhop.WebhookParams, changes map[string]any) error {
	if !f.Sent {
		return nil
	}
	signatures := []string{}
	for _, c := range f.Signatures {
		if c.Chosen {
			signatures = append(signatures, c.Value)
		}
	}
	changes["signatures"], changes["order"] = signatures, nil
	if len(signatures) == len(signatureChoices) {
		changes["signatures"] = nil
	}
	if f.Order.Value != "" && f.Order.Value != orderChoices[0].Value {
		changes["order"] = f.Order.Value
	}
	changes["concurrency"], changes["rate"], changes["timeout"] = numberOf(f.Concurrency), numberOf(f.Rate), numberOf(f.Timeout)
	headers := map[string]string{}
	for _, row := range f.Rows {
		if row.Name == "" && row.Value == "" {
			continue
		}
		if _, twice := headers[row.Name]; twice {
			return bellhop.InvalidField("params.headers", "has %s twice", row.Name)
		}
		headers[row.Name] = row.Value
		if row.Value == "" {
			headers[row.Name] = old.Headers[row.Was]
		}
	}
	changes["headers"] = nil
	if len(headers) > 0 {
		changes["headers"] = headers
	}
	return nil
}

// numberOf returns what was typed as JSON has it: nil if nothing was, and as a string what
// is no number, for the rules to say so.
func numberOf(f field) any {
	if f.Value == "" {
		return nil
	}
	if json.Valid([]byte(f.Value)) {
		return json.RawMessage(f.Value)
	}
	return f.Value
}
