package ui

import (
	"encoding/json"
	"fmt"
	"strings"

	"bellhop"
)

// webhookParamsOf returns the parameters of a webhook; ok is false for other services.
func webhookParamsOf(s *bellhop.Service) (p bellhop.WebhookParams, ok bool) {
	if s.Type != bellhop.WebhookType || json.Unmarshal(s.Params, &p) != nil {
		return p, false
	}
	return p, true
}

// changedParams returns params with these members set, or removed if they are nil, and the
// rest as it was.
func changedParams(params json.RawMessage, changes map[string]any) (json.RawMessage, error) {
	members := map[string]json.RawMessage{}
	if len(params) > 0 {
		if err := json.Unmarshal(params, &members); err != nil {
			return nil, fmt.Errorf("read the parameters of a service: %w", err)
		}
	}
	for name, value := range changes {
		if value == nil {
			delete(members, name)
			continue
		}
		text, err := json.Marshal(value)
		if err != nil {
			return nil, err
		}
		members[name] = text
	}
	return json.Marshal(members)
}

// patternsOf reads the field Events: one pattern a line. A pattern has neither blanks nor
// commas, so these separate as well.
func patternsOf(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" \t\r\n,", r) })
}
