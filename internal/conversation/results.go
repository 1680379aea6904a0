package conversation

import (
	"cmp"

	"bellhop"
)

// addResults appends what a form or a bot has found out (docs/contract/conversations.md
// section 5, results). Results that do not say of which form they are belong to that of the
// message.
func addResults(c *bellhop.Conversation, m *bellhop.Message) {
	form, _ := m.Meta["form"].(string)
	for _, result := range m.Results {
		result.Form = cmp.Or(result.Form, bellhop.ID(form))
		c.Results = append(c.Results, result)
	}
}
