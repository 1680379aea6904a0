package subscription

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"bellhop"
	"bellhop/internal/event"
)

// isWithheld reports whether e is of a message that is for some users only, of whom the bot of
// the webhook is none (docs/contract/conversations.md section 3, participants). It was so
// when the event happened, since nobody can change it.
func isWithheld(payload []byte, name string, bot bellhop.ID) (bool, error) {
	if bot == "" || !strings.HasPrefix(name, "message.") {
		return false, nil
	}
	var envelope struct {
		Data struct{ Message bellhop.Message }
	}
	body := event.Payload{Bytes: payload}.AppendBody(nil, "", nil)
	if err := json.Unmarshal(body, &envelope); err != nil {
		return false, fmt.Errorf("read the payload of %s: %w", name, err)
	}
	m := &envelope.Data.Message
	return m.IsLimited() && !slices.Contains(m.Readers(), bot), nil
}
