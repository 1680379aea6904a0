package subscription

import (
	"encoding/json"
	"errors"

	"bellhop"
	"bellhop/internal/event"
)

// maxReplayRate is the most deliveries per second that a replay may be asked for.
const maxReplayRate = 10_000

// replayRequest is the body that asks for a replay (docs/contract/extensions.md section 2).
type replayRequest struct {
	From   any     `json:"from"`
	To     any     `json:"to"`
	Events any     `json:"events"`
	Status string  `json:"status"`
	Rate   float64 `json:"rate"`
	URL    string  `json:"url"`
	DryRun bool    `json:"dryRun"`
}

// readReplay checks what a client asked for. dry says that it is only to be counted.
func (s *Subscriptions) readReplay(body []byte, now bellhop.Time) (r *bellhop.Replay, dry bool, err error) {
	var asked replayRequest
	if err := readRequest(body, &asked); err != nil {
		return nil, false, err
	}
	r = &bellhop.Replay{State: bellhop.ReplayRunning, Rate: asked.Rate, To: now, CreatedAt: now, UpdatedAt: now}
	if asked.From == nil {
		return nil, false, bellhop.InvalidField("from", "is required")
	}
	if r.From, err = timeField("from", asked.From); err != nil {
		return nil, false, err
	}
	if asked.To != nil {
		to, err := timeField("to", asked.To)
		if err != nil {
			return nil, false, err
		}
		r.To = min(to, now)
	}
	if r.From >= r.To {
		return nil, false, bellhop.InvalidField("from", "must be before to, and not in the future")
	}
	if r.Events, err = patternsField(asked.Events); err != nil {
		return nil, false, err
	}
	if r.Status, err = statusField(asked.Status); err != nil {
		return nil, false, err
	}
	if asked.Rate < 0 || asked.Rate > maxReplayRate {
		return nil, false, bellhop.InvalidField("rate", "must be a number from 0 to %d", maxReplayRate)
	}
	if asked.URL != "" {
		if _, err := s.egress.CheckURL(asked.URL); err != nil {
			return nil, false, bellhop.InvalidField("url", "%s", err)
		}
		r.URL, r.UserInfo = splitUserInfo(asked.URL)
	}
	return r, asked.DryRun, nil
}

// readRequest decodes an object that a client sent.
func readRequest(body []byte, v any) error {
	clean, err := event.Clean(make([]byte, 0, len(body)), body)
	if err != nil {
		return invalidJSON(err)
	}
	if clean[0] != '{' {
		return bellhop.Errorf(bellhop.Invalid, "Validation failed: the body must be an object")
	}
	if err := json.Unmarshal(clean, v); err != nil {
		if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok && e.Field != "" {
			return bellhop.InvalidField(e.Field, "must not be %s", e.Value)
		}
		return invalidJSON(err)
	}
	return nil
}

func timeField(name string, sent any) (bellhop.Time, error) {
	text, _ := sent.(string)
	t, err := bellhop.ParseTime(text)
	if err != nil {
		return 0, bellhop.InvalidField(name, "must be a date")
	}
	return t, nil
}

func patternsField(sent any) ([]string, error) {
	list, ok := sent.([]any)
	if sent != nil && !ok {
		return nil, bellhop.InvalidField("events", "must be an array of event names")
	}
	var patterns []string
	for _, element := range list {
		text, ok := element.(string)
		if !ok {
			return nil, bellhop.InvalidField("events", "must hold strings only")
		}
		patterns = append(patterns, text)
	}
	if _, err := event.ParsePatterns(patterns); err != nil {
		return nil, &bellhop.Error{
			Code: bellhop.Invalid, Message: "Validation failed: " + err.Error(), Fields: map[string]string{"events": err.Error()},
		}
	}
	return patterns, nil
}

func statusField(sent string) (bellhop.ReplayStatus, error) {
	switch status := bellhop.ReplayStatus(sent); status {
	case "":
		return bellhop.ReplayDead, nil
	case bellhop.ReplayDead, bellhop.ReplayDelivered, bellhop.ReplayAny, bellhop.ReplayMissing:
		return status, nil
	}
	return "", bellhop.InvalidField("status", "must be one of dead, delivered, any, missing")
}
