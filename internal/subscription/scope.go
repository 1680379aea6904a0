package subscription

import (
	"slices"

	"bellhop"
)

// scope is where a webhook listens while it is active (docs/contract/services.md sections 5
// and 6): in an organization and all below, or in some organizations themselves.
type scope struct {
	Below string       `json:"below,omitempty"` // path of an organization
	In    []bellhop.ID `json:"in,omitempty"`    // those that have an enabled instance of the bot

	// Instances is how many instances the bot has, enabled or not, and Running whether it
	// is active and enabled: why a bot-specific webhook listens nowhere.
	Instances int  `json:"instances,omitempty"`
	Running   bool `json:"running,omitempty"`
}

func (t *table) scopeOf(w *Webhook) scope {
	if w.Bot == "" {
		return scope{Below: w.OrgPath}
	}
	var s scope
	s.Running, _ = t.bots.Get(w.Bot)
	for _, i := range under(&t.has, botKey(w.Bot, "")) {
		s.Instances++
		if i.Enabled {
			s.In = append(s.In, i.Organization)
		}
	}
	if t.isEverywhere(w.Bot) {
		s.Below = w.OrgPath
	}
	return s
}

// holds reports whether what organization owns is in s.
func (s *scope) holds(organization bellhop.ID, orgPath string) bool {
	return s.Below != "" && bellhop.Within(orgPath, s.Below) || slices.Contains(s.In, organization)
}
